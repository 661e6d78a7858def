"""Which answers a file's edges rest on, so that they can be kept until one of these changes.

Linking one file asks the tree questions: what does that file state, which file is this module, what
columns has that table. When all the answers are the same in another tree, so are the edges: nothing
else goes into them. The questions are noted while answers are made, also those behind an answer that
was made before for another file. (Verifying traces: Mokhov, Mitchell, Peyton Jones, "Build Systems à
la Carte", 2018, section 4.2.2.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Question = tuple[str, ...]


class Watch:
    """Notes the questions that are asked.

    A set of questions is a number, its *ground*; equal sets have equal numbers, so that a million
    kept answers that rest on the same three files cost a number each.

    Args:
        answer: gives a digest of a question's answer in this tree, for `noted` and `holds`.

    Attributes:
        grounds: what the work since the last `begin` rests on.
    """

    def __init__(self, answer: Callable[[Question], str]) -> None:
        self.grounds: set[int] = set()
        self._answer = answer
        self._single: dict[Question, int] = {}
        self._questions: list[Question] = []
        self._answers: dict[Question, str] = {}
        self._sets: list[frozenset[int]] = [frozenset()]
        self._numbers: dict[frozenset[int], int] = {frozenset(): 0}

    def ground(self, *question: str) -> int:
        """Return the ground that is this one question."""
        known = self._single.get(question)
        if known is None:
            known = self._single[question] = self._number(frozenset((len(self._questions),)))
            self._questions.append(question)
        return known

    def note(self, *question: str) -> None:
        """Note that the present work rests on ``question``."""
        self.grounds.add(self.ground(*question))

    def begin(self) -> set[int]:
        """Begin a work of its own; give what this returns to `end`."""
        outer, self.grounds = self.grounds, set()
        return outer

    def end(self, outer: set[int]) -> int:
        """Return the ground of the work begun; the work around it rests on it, too.

        Who keeps the answer keeps the ground, and adds it to ``grounds`` when giving it again.
        """
        inner, self.grounds = self.grounds, outer
        if len(inner) == 1:
            ground = next(iter(inner))
        else:
            ground = self._number(frozenset().union(*(self._sets[one] for one in inner)))
        outer.add(ground)
        return ground

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Do a work for everybody: its answers are questions of their own, noted where they are used."""
        outer = self.begin()
        try:
            yield
        finally:
            self.grounds = outer

    def noted(self) -> list[tuple[Question, str]]:
        """Return what the present work rests on, with the answers, in the order of first asking."""
        every = frozenset().union(*(self._sets[one] for one in self.grounds))
        return [(self._questions[one], self._told(self._questions[one])) for one in sorted(every)]

    def holds(self, noted: Sequence[tuple[Question, str]]) -> bool:
        """Tell whether all these questions have these answers in this tree."""
        return all(self._told(question) == answer for question, answer in noted)

    def _number(self, several: frozenset[int]) -> int:
        known = self._numbers.get(several)
        if known is None:
            known = self._numbers[several] = len(self._sets)
            self._sets.append(several)
        return known

    def _told(self, question: Question) -> str:
        known = self._answers.get(question)
        if known is None:
            with self.aside():
                known = self._answers[question] = self._answer(question)
        return known
