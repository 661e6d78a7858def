from __future__ import annotations

from blastradius.languages.watch import Question, Watch


class Tree:
    """Answers from a dictionary, and counts what it is asked."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def answer(self, question: Question) -> str:
        self.asked.append(question[-1])
        return self.answers.get(question[-1], "")


def test_what_is_noted_comes_back_with_its_answer() -> None:
    watch = Watch(Tree(a="1", b="2").answer)
    watch.note("file", "b")
    watch.note("file", "a")
    watch.note("file", "b")
    assert watch.noted() == [(("file", "b"), "2"), (("file", "a"), "1")]


def test_a_kept_answer_brings_its_questions_with_it() -> None:
    watch = Watch(Tree(a="1", b="2", c="3").answer)
    outer = watch.begin()
    watch.note("file", "a")
    watch.note("file", "b")
    kept = watch.end(outer)
    watch.begin()
    watch.note("file", "c")
    assert [question[-1] for question, _ in watch.noted()] == ["c"]
    watch.grounds.add(kept)
    assert [question[-1] for question, _ in watch.noted()] == ["a", "b", "c"]


def test_a_work_within_a_work_belongs_to_it() -> None:
    watch = Watch(Tree().answer)
    watch.note("file", "a")
    outer = watch.begin()
    watch.note("file", "b")
    watch.end(outer)
    assert [question[-1] for question, _ in watch.noted()] == ["a", "b"]


def test_equal_sets_are_one_number() -> None:
    watch = Watch(Tree().answer)
    grounds = []
    for names in ("ab", "ba", "aab"):
        outer = watch.begin()
        for name in names:
            watch.note("file", name)
        grounds.append(watch.end(outer))
    assert len(set(grounds)) == 1


def test_a_work_for_everybody_belongs_to_nobody() -> None:
    watch = Watch(Tree().answer)
    watch.note("file", "a")
    with watch.aside():
        watch.note("file", "b")
    assert [question[-1] for question, _ in watch.noted()] == ["a"]


def test_it_holds_until_one_answer_differs() -> None:
    watch = Watch(Tree(a="1").answer)
    watch.note("file", "a")
    watch.note("file", "absent")
    noted = watch.noted()
    assert Watch(Tree(a="1", other="x").answer).holds(noted)
    assert not Watch(Tree(a="2").answer).holds(noted)
    assert not Watch(Tree(a="1", absent="now here").answer).holds(noted)


def test_each_question_is_answered_once_in_a_tree() -> None:
    tree = Tree(a="1")
    watch = Watch(tree.answer)
    for _ in range(3):
        assert watch.holds([(("file", "a"), "1")])
    assert tree.asked == ["a"]


def test_answering_does_not_count_as_asking() -> None:
    def answer(question: Question) -> str:
        watch.note("deeper", *question)
        return "x"

    watch = Watch(answer)
    watch.note("file", "a")
    assert watch.noted() == [(("file", "a"), "x")]
    assert watch.noted() == [(("file", "a"), "x")]
