"""What differs at each rendering is no difference between two charts."""

from __future__ import annotations

from tasks.toolkit.diagnosis.random_values import hide_random


def test_only_the_words_that_differ_are_hidden() -> None:
    first = "kind: Pod\nname: x-grpc-hk4wi\nport: 1\n"
    second = "kind: Pod\nname: x-grpc-u0ryo\nport: 1\n"
    assert hide_random(first, second) == "kind: Pod\nname: x-grpc-RANDOM\nport: 1\n"
    assert hide_random(first, first) == first


def test_a_line_with_another_number_of_words_is_hidden_as_a_whole() -> None:
    assert hide_random("a: 1\nkey: a+b=\n", "a: 1\nkey: abcd\n") == "a: 1\nRANDOM\n"


def test_renderings_of_other_lengths_are_shown_as_they_are() -> None:
    assert hide_random("a\nb\n", "a\n") == "a\nb\n"
