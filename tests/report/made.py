"""A run that never was, with every kind of thing that a report can show."""

from pathlib import Path

from essc_workbench.history.items import Outcome, Seen
from essc_workbench.history.journal import Journal
from essc_workbench.history.reading import History, read_history
from essc_workbench.judges.findings import Finding, Ruling, Text, Violation
from essc_workbench.report.verdicts import Expectation, Verdict

REPLAY = "essc run scenarios/made-up.yaml --seed 7"
APPLY, UNLINK = "essc.card.v1.CardService/Apply", "essc.card.v1.CardService/Unlink"
PHONE = "essc.channel.v1.ChannelService"
STEPS = (
    "apply: {citizen: zhang, channel: wechat}",
    "fault: {lose_answer: {}, method: Unlink}",
    "unlink: {citizen: zhang, channel: wechat}",
    "expect_panel: {citizen: zhang, channel: alipay, state: usable}",
    "show_code: {citizen: zhang, channel: alipay}",
)


def made_history(folder: Path) -> History:
    """The history, written by the journal and read back."""
    path = folder / "history.jsonl"
    with Journal(path) as journal:
        _play(journal)
    return read_history(path)


def _play(journal: Journal) -> None:
    journal.happened("run-began")
    setting = journal.invoked("platform", "authorities", "essc.authority.v1.FaceService/JudgeFace")
    journal.answered(setting, Outcome.OK)
    journal.happened("step-began", step=1)
    walk = journal.invoked("phone", "wechat", f"{PHONE}/AnswerStep", step=1, citizens=("zhang",))
    call = journal.invoked(
        "wechat", "platform", APPLY, cause=walk, step=1, citizens=("zhang",), request_id="r-1"
    )
    active = {"link.link_id": "l-1", "link.state": "STATE_ACTIVE", "card.state": "STATE_USABLE"}
    journal.answered(call, Outcome.OK, facts=active)
    journal.answered(walk, Outcome.OK)
    home = journal.invoked("phone", "alipay", f"{PHONE}/GetHome", step=1, citizens=("zhang",))
    journal.answered(home, Outcome.OK, facts={"panel.state": "STATE_USABLE"})
    refused = journal.invoked("phone", "bank-east", f"{PHONE}/StartFlow", citizens=("li-si",))
    journal.answered(refused, Outcome.REFUSED, "PHYSICAL_CARD_LOST")
    journal.happened("step-ended", step=1)
    journal.happened("step-began", step=2)
    journal.happened("fault-began", fault="lost-answer", effect="lose_answer")
    journal.happened("step-ended", step=2)
    journal.happened("step-began", step=3)
    unlink = journal.invoked(
        "wechat", "platform", UNLINK, step=3, citizens=("zhang",), request_id="r-2"
    )
    journal.answered(unlink, Outcome.UNKNOWN, "DEADLINE_EXCEEDED")
    journal.happened("fault-ended", fault="lost-answer")
    journal.write(
        Seen(
            at_us=journal.now_us(),
            channel="wechat",
            cursor="c-1",
            event_kind="LINK_UNLINKED",
            link_id="l-1",
            serial=1,
            facts={"link.state": "STATE_UNLINKED"},
        )
    )
    journal.happened("killed", party="platform")
    journal.happened("started", party="platform")
    journal.happened("clock-moved", party="platform", by="61 s")
    journal.happened("frozen", party="alipay")
    journal.happened("thawed", party="alipay")
    journal.happened("step-ended", step=3)
    journal.happened("step-began", step=4)
    again = journal.invoked("phone", "alipay", f"{PHONE}/GetHome", step=4, citizens=("zhang",))
    blocked = {"panel.state": "STATE_NOT_OPENED"}
    journal.answered(again, Outcome.OK, facts=blocked)
    journal.happened("run-ended")


def made_verdict(history: History) -> Verdict:
    """A verdict of every ruling."""
    last = history.calls[-1]
    independent = Text(
        en="Unlinking in one channel changes nothing in another.",
        zh="一个渠道解除关联不影响其他渠道。",
    )
    return Verdict(
        scenario="made-up",
        title=Text(en="Unlinked here, gone <there>", zh="此处解除，彼处消失"),
        rules=("R11", "R12"),
        seed=7,
        replay=REPLAY,
        steps=STEPS,
        took_s=3.21,
        start_time="2026-11-24T10:00:00Z",
        expectations=(
            Expectation(
                step=1, about="apply", expected="completed", seen="completed", is_met=True, at_us=9
            ),
            Expectation(
                step=4,
                about="panel of zhang in alipay",
                expected="usable",
                seen="not yet opened",
                is_met=False,
                at_us=last.invoked.at_us,
            ),
        ),
        findings=(
            Finding(
                judge="link-independence",
                rules=("R11",),
                text=independent,
                ruling=Ruling.BROKEN,
                checks=4,
                violations=(
                    Violation(
                        text=Text(en="The link in alipay is gone.", zh="支付宝中的关联已消失。"),
                        calls=(last.number,),
                        citizen="zhang",
                        channel="alipay",
                        at_us=last.invoked.at_us,
                    ),
                ),
            ),
            Finding(
                judge="books",
                rules=("R62",),
                text=Text(en="Every booking sums to zero.", zh="每笔记账合计为零。"),
                ruling=Ruling.GOOD,
                checks=3,
                notes=(Text(en="3 bookings.", zh="3 笔。"),),
            ),
            Finding(
                judge="linearizability",
                rules=("R90",),
                text=Text(
                    en="One order explains all answers.", zh="存在一个可解释全部应答的顺序。"
                ),
                ruling=Ruling.UNKNOWN,
                checks=1,
                notes=(Text(en="The budget was used up.", zh="预算已用完。"),),
            ),
            Finding(
                judge="shadows",
                rules=("R16",),
                text=Text(en="Copies converge.", zh="副本最终一致。"),
                ruling=Ruling.NOT_JUDGED,
                checks=0,
                not_judged=("bank-east has no export",),
            ),
        ),
        pending=("2 events of alipay",),
        skipped=("kill bank-east: not ours",),
        environment={"python": "3.11.2", "cores": "2"},
    )
