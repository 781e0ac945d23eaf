"""A bounded room: one caller alone may use all of it, and keeps nobody from a share."""

from essc_platform.shares import Shares


def test_one_caller_alone_may_hold_all_of_it() -> None:
    shares = Shares(8, {})
    shares.take("wechat", 7)

    assert shares.is_open("wechat")

    shares.take("wechat")

    assert not shares.is_open("wechat")


def test_whoever_holds_little_is_let_in_beside_one_that_holds_all() -> None:
    shares = Shares(8, {})
    shares.take("wechat", 8)

    assert shares.is_open("alipay")

    shares.take("alipay", 3)

    assert shares.is_open("alipay")

    shares.take("alipay")

    assert not shares.is_open("alipay")
    assert not shares.is_open("wechat")


def test_as_long_as_half_is_free_nobody_is_refused() -> None:
    shares = Shares(8, {})
    for caller in ("alipay", "nantong"):
        shares.take(caller)
    shares.take("wechat")

    assert shares.is_open("wechat")

    shares.take("wechat")

    assert not shares.is_open("wechat")
    assert shares.is_open("alipay")


def test_what_is_free_again_is_given_again() -> None:
    shares = Shares(2, {})
    shares.take("wechat", 2)
    assert not shares.is_open("wechat")

    shares.free("wechat", 2)

    assert shares.is_open("wechat")
    assert (shares.taken, shares.others("alipay"), shares.held("wechat")) == (0, 0, 0)


def test_there_is_an_end_however_many_come() -> None:
    shares = Shares(4, {})
    shares.take("wechat", 4)
    for number in range(4):
        assert shares.is_open(f"channel-{number}")
        shares.take(f"channel-{number}")

    assert not shares.is_open("channel-4")


def test_whoever_weighs_more_has_as_much_more_of_it() -> None:
    shares = Shares(8, {"wechat": 3})
    shares.take("alipay", 2)
    shares.take("wechat", 5)

    assert not shares.is_open("alipay")
    assert shares.is_open("wechat")

    shares.take("wechat")

    assert not shares.is_open("wechat")
    assert shares.others("wechat") * 3 == 1
    assert shares.others("alipay") == 3
    assert shares.others("portal") == 4
