"""Which answers a file's edges rest on, so that they can be kept until one of these changes.

Linking one file asks the tree questions: what does that file state, which file is this module, what
columns has that table. When all the answers are the same in another tree, so are the edges: nothing
else goes into them. The questions are noted while answers are made, also those behind an answer that
was made before for another file. (Verifying traces: Mokhov, Mitchell, Peyton Jones, "Build Systems à
la Carte", 2018, section 4.2.2.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Question = tuple[str, ...]


class Watch:
    """Notes the questions that are asked; every question is a bit of ``mask``.

    Args:
        answer: gives a digest of a question's answer in this tree, for `holds`; it is asked only
            about questions that some file's linking noted, in this tree or another.

    Attributes:
        mask: the questions noted since it was last set to 0. Who keeps an answer keeps the mask that
            making it left behind, and adds it (``mask |= kept``) when the answer is given again.
    """

    def __init__(self, answer: Callable[[Question], str]) -> None:
        self.mask = 0
        self._answer = answer
        self._bits: dict[Question, int] = {}
        self._questions: list[Question] = []
        self._answers: dict[Question, str] = {}

    def note(self, *question: str) -> None:
        """Note that an answer rests on ``question``."""
        bit = self._bits.get(question)
        if bit is None:
            bit = self._bits[question] = 1 << len(self._questions)
            self._questions.append(question)
        self.mask |= bit

    def noted(self) -> list[tuple[Question, str]]:
        """Return the questions of ``mask`` with their answers, in the order of first asking."""
        found = []
        mask = self.mask
        while mask:
            low = mask & -mask
            question = self._questions[low.bit_length() - 1]
            found.append((question, self._told(question)))
            mask ^= low
        return found

    def holds(self, noted: Sequence[tuple[Question, str]]) -> bool:
        """Tell whether all these questions have these answers in this tree."""
        return all(self._told(question) == answer for question, answer in noted)

    def _told(self, question: Question) -> str:
        known = self._answers.get(question)
        if known is None:
            # Finding the answer may ask on; that is not what the caller is noting.
            mask, known = self.mask, self._answer(question)
            self._answers[question], self.mask = known, mask
        return known
