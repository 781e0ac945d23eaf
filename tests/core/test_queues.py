"""Who waits for the writer: in order while there is room for all, in turns beyond."""

from essc_platform.queues import Queues


def filled(commands_max: int = 1000) -> Queues[str]:
    """A flood of forty from one caller, then two of another, then one of a third."""
    queues: Queues[str] = Queues(commands_max, {})
    for number in range(40):
        queues.add("wechat", 1, f"wechat-{number}")
    queues.add("alipay", 1, "alipay-0")
    queues.add("alipay", 1, "alipay-1")
    queues.add("portal", 1, "portal-0")
    return queues


def test_what_fits_into_one_batch_comes_in_the_order_of_arrival() -> None:
    queues: Queues[int] = Queues(100, {})
    for number in range(60):
        queues.add(f"channel-{number % 3}", 1, number)

    taken = queues.take(60)

    assert taken == list(range(60))
    assert queues.is_empty


def test_whoever_has_no_command_waiting_is_no_holder() -> None:
    queues = filled()
    queues.add("bank", 0, "a marker")

    assert queues.holders == 3

    queues.take(43)

    assert queues.holders == 0


def test_a_long_queue_holds_up_nobody_but_itself() -> None:
    queues = filled()

    taken = queues.take(20)

    assert taken == [
        *(f"wechat-{number}" for number in range(17)),
        "alipay-0",
        "alipay-1",
        "portal-0",
    ]
    assert queues.commands == 23


def test_two_long_queues_share_a_batch_evenly() -> None:
    queues: Queues[str] = Queues(1000, {})
    for caller in ("wechat", "alipay"):
        for _ in range(200):
            queues.add(caller, 1, caller)

    taken = queues.take(64)

    assert (taken.count("wechat"), taken.count("alipay")) == (32, 32)


def test_whoever_the_batch_was_full_for_is_the_first_of_the_next() -> None:
    queues: Queues[str] = Queues(1000, {})
    for caller in ("wechat", "alipay"):
        for _ in range(40):
            queues.add(caller, 1, caller)

    first, second = queues.take(20), queues.take(12)

    assert (first.count("wechat"), first.count("alipay")) == (16, 4)
    assert (second.count("wechat"), second.count("alipay")) == (0, 12)


def test_what_belongs_together_is_never_parted() -> None:
    queues: Queues[str] = Queues(1000, {})
    queues.add("verifier", 50, "fifty")
    queues.add("wechat", 1, "one")

    assert queues.take(40) == ["fifty"]
    assert queues.take(40) == ["one"]


def test_a_large_group_has_its_turn_once_its_caller_was_passed_over_often_enough() -> None:
    queues: Queues[str] = Queues(1000, {})
    queues.add("verifier", 50, "fifty")
    for number in range(100):
        queues.add("wechat", 1, f"one-{number}")

    taken = queues.take(100)

    assert taken[0] == "fifty"
    assert len(taken) == 51


def test_a_full_queue_is_closed_to_its_caller_and_open_to_others() -> None:
    queues: Queues[int] = Queues(10, {})
    for number in range(10):
        queues.add("wechat", 1, number)

    assert not queues.is_open("wechat")
    assert queues.is_open("alipay")


def test_what_is_ahead_of_a_caller_is_its_own_and_as_much_of_each_other() -> None:
    queues = filled()

    assert queues.ahead_of("wechat") == 43
    assert queues.ahead_of("nantong") == 43
    assert filled().ahead_of("portal") == 43

    for number in range(500):
        queues.add("wechat", 1, f"more-{number}")

    assert queues.ahead_of("nantong") == 64
    assert queues.ahead_of("wechat") == 543


def test_an_item_without_commands_waits_its_turn_like_any_other() -> None:
    queues: Queues[str] = Queues(10, {})
    queues.add("wechat", 1, "a command")
    queues.add("wechat", 0, "whoever waits for it")

    assert queues.take(1) == ["a command", "whoever waits for it"]
    assert queues.is_empty
    assert queues.take(1) == []


def test_a_small_batch_does_not_make_turns_longer() -> None:
    queues: Queues[str] = Queues(1000, {})
    for caller in ("wechat", "alipay"):
        for _ in range(100):
            queues.add(caller, 1, caller)

    taken = [caller for _ in range(16) for caller in queues.take(4)]

    assert (taken.count("wechat"), taken.count("alipay")) == (32, 32)


def test_whoever_weighs_more_has_longer_turns() -> None:
    queues: Queues[str] = Queues(1000, {"wechat": 3})
    for caller in ("alipay", "wechat"):
        for _ in range(100):
            queues.add(caller, 1, caller)

    taken = queues.take(64)

    assert (taken.count("alipay"), taken.count("wechat")) == (16, 48)
    assert queues.ahead_of("wechat") == 133
