"""What pgbench repeats is what the platform has sent for one unlink, of a random holder."""

from essc_workbench.bench.pgbench import script, transactions

SAID = """\
~41~LOG:  statement: BEGIN; SET LOCAL lock_timeout = 5000
~42~LOG:  execute _pg3_0: SELECT value FROM facts WHERE name = $1
~42~DETAIL:  parameters: $1 = 'clock_offset_us'
~41~LOG:  execute _pg3_1: SELECT links.number
\tFROM unnest(CAST($1 AS SMALLINT[]), CAST($2 AS BIGINT[])) AS wanted(a, b)
~41~DETAIL:  parameters: $1 = '{7}', $2 = '{123456789}'
~41~LOG:  execute _pg3_2: INSERT INTO requests SELECT unnest(CAST($1 AS TEXT[])), $2
~41~DETAIL:  parameters: $1 = '{0123456789abcdef0123456789abcdef}', $2 = NULL
~41~LOG:  execute _pg3_3: COMMIT
"""


def test_a_session_s_transaction_is_read_from_the_log_with_its_values() -> None:
    found = transactions(SAID)

    assert found == [
        [
            "BEGIN",
            "SET LOCAL lock_timeout = 5000",
            (
                "SELECT links.number\n"
                "\tFROM unnest(CAST('{7}' AS SMALLINT[]), CAST('{123456789}' AS BIGINT[])) "
                "AS wanted(a, b)"
            ),
            (
                "INSERT INTO requests SELECT "
                "unnest(CAST('{0123456789abcdef0123456789abcdef}' AS TEXT[])), NULL"
            ),
            "COMMIT",
        ]
    ]


def test_a_random_holder_takes_the_place_of_the_one_who_unlinked() -> None:
    (statements,) = transactions(SAID)

    lines = script(statements, (7, 123456789), 2000).splitlines()

    assert lines == [
        "\\set citizen random(1, 2000)",
        "\\set bucket :citizen % 1024",
        "\\set place random(1, 9000000000000000000)",
        "BEGIN;",
        "SET LOCAL lock_timeout = 5000;",
        (
            "SELECT links.number FROM unnest(CAST(ARRAY[:bucket::smallint] AS SMALLINT[]), "
            "CAST(ARRAY[:citizen::bigint] AS BIGINT[])) AS wanted(a, b);"
        ),
        "INSERT INTO requests SELECT unnest(CAST(ARRAY['r' || :place] AS TEXT[])), NULL;",
        "COMMIT;",
    ]
