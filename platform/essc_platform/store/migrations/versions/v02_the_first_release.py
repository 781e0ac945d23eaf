"""The tables of 0.1.0, the first release. They never change: what came later is in the others."""

from alembic import op
from sqlalchemy import text

revision = "2"
down_revision = None
ADDS_ONLY = False

# In words of our own where the engines differ.
_WORDS = {
    "sqlite": {
        "BYTES": "BLOB",
        " IN KEY ORDER": " WITHOUT ROWID",
        "WHERE NOT is_expiry_noted": "WHERE is_expiry_noted = 0",
    },
    "postgresql": {"BYTES": "BYTEA", " IN KEY ORDER": ""},
}


def upgrade() -> None:
    """All of them, where there is nothing."""
    definitions = DEFINITIONS
    for word, engines in _WORDS[op.get_bind().dialect.name].items():
        definitions = definitions.replace(word, engines)
    for each in definitions.split(";"):
        if each.strip():
            op.execute(text(each))


DEFINITIONS = """
CREATE TABLE citizens (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, id_number TEXT NOT NULL,
  name TEXT NOT NULL, phone TEXT NOT NULL, register_time BIGINT NOT NULL, cancel_time BIGINT,
  cancel_cause SMALLINT,
  PRIMARY KEY (bucket, citizen)
) IN KEY ORDER;

CREATE TABLE physical_cards (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  region TEXT NOT NULL, generation SMALLINT NOT NULL, status SMALLINT NOT NULL,
  issue_time BIGINT NOT NULL, status_time BIGINT NOT NULL, lift_time BIGINT,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX physical_cards_to_lift ON physical_cards (lift_time, bucket, citizen)
  WHERE lift_time IS NOT NULL;

CREATE TABLE cards (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, physical_card BIGINT NOT NULL,
  issue_time BIGINT NOT NULL, expire_time BIGINT NOT NULL, is_expiry_noted BOOLEAN NOT NULL,
  PRIMARY KEY (bucket, citizen)
) IN KEY ORDER;
CREATE INDEX cards_to_expire ON cards (expire_time, bucket, citizen)
  WHERE NOT is_expiry_noted;

CREATE TABLE links (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, channel TEXT NOT NULL,
  number BIGINT NOT NULL, serial INTEGER NOT NULL, state SMALLINT NOT NULL,
  level SMALLINT NOT NULL, deliver_time BIGINT, activate_time BIGINT, unlink_time BIGINT,
  payload BYTES, signature BYTES, key_id TEXT, allow_time BIGINT,
  PRIMARY KEY (bucket, citizen, channel)
) IN KEY ORDER;
CREATE INDEX links_of_channel ON links (channel, bucket, citizen);

CREATE TABLE bank_accounts (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, physical_card BIGINT NOT NULL,
  bank_id TEXT NOT NULL, reserved_phone TEXT NOT NULL, open_time BIGINT NOT NULL,
  close_time BIGINT,
  PRIMARY KEY (bucket, citizen, physical_card)
) IN KEY ORDER;

CREATE TABLE recipients (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, register_time BIGINT NOT NULL,
  PRIMARY KEY (bucket, citizen)
) IN KEY ORDER;

CREATE TABLE certifications (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  certify_time BIGINT NOT NULL, expire_time BIGINT NOT NULL, is_by_binder BOOLEAN NOT NULL,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;

CREATE TABLE entries (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, position BIGINT NOT NULL,
  kind SMALLINT NOT NULL, at BIGINT NOT NULL, channel TEXT NOT NULL, place SMALLINT NOT NULL,
  PRIMARY KEY (bucket, citizen, position)
) IN KEY ORDER;

CREATE TABLE passwords (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, hash TEXT NOT NULL,
  version INTEGER NOT NULL, change_time BIGINT NOT NULL, wrong_tries SMALLINT NOT NULL,
  unlock_time BIGINT,
  PRIMARY KEY (bucket, citizen)
) IN KEY ORDER;

CREATE TABLE counters (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, day INTEGER NOT NULL,
  text_messages SMALLINT NOT NULL, failed_faces SMALLINT NOT NULL,
  PRIMARY KEY (bucket, citizen)
) IN KEY ORDER;

CREATE TABLE challenges (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  channel TEXT NOT NULL, method SMALLINT NOT NULL, purpose SMALLINT NOT NULL,
  expire_time BIGINT NOT NULL, tries_left SMALLINT NOT NULL, is_answered BOOLEAN NOT NULL,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX challenges_by_end ON challenges (expire_time);

CREATE TABLE proofs (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  channel TEXT NOT NULL, method SMALLINT NOT NULL, purpose SMALLINT NOT NULL,
  expire_time BIGINT NOT NULL, is_used BOOLEAN NOT NULL, password_version INTEGER,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX proofs_by_end ON proofs (expire_time);

CREATE TABLE codes (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  channel TEXT NOT NULL, serial INTEGER NOT NULL, binding BIGINT, member_bucket SMALLINT,
  member BIGINT, issue_time BIGINT NOT NULL, expire_time BIGINT NOT NULL, use_time BIGINT,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX codes_by_end ON codes (expire_time);

CREATE TABLE link_codes (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, channel TEXT NOT NULL,
  serial INTEGER NOT NULL, newest BIGINT NOT NULL, devices TEXT NOT NULL,
  PRIMARY KEY (bucket, citizen, channel)
) IN KEY ORDER;

CREATE TABLE checks (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  verifier TEXT NOT NULL, usage SMALLINT NOT NULL, code BIGINT NOT NULL, channel TEXT NOT NULL,
  serial INTEGER NOT NULL, binding BIGINT, member_bucket SMALLINT, member BIGINT,
  check_time BIGINT NOT NULL,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX checks_by_time ON checks (check_time);

CREATE TABLE bindings (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  member_bucket SMALLINT NOT NULL, member BIGINT NOT NULL, relation SMALLINT NOT NULL,
  add_time BIGINT NOT NULL, end_time BIGINT,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;

CREATE TABLE memberships (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, holder_bucket SMALLINT NOT NULL,
  holder BIGINT NOT NULL, number BIGINT NOT NULL, relation SMALLINT NOT NULL,
  add_time BIGINT NOT NULL, end_time BIGINT,
  PRIMARY KEY (bucket, citizen, holder_bucket, holder, number)
) IN KEY ORDER;

CREATE TABLE photo_uses (
  bucket SMALLINT NOT NULL, digest TEXT NOT NULL, citizen_bucket SMALLINT NOT NULL,
  citizen BIGINT NOT NULL,
  PRIMARY KEY (bucket, digest)
) IN KEY ORDER;

CREATE TABLE services (
  service TEXT NOT NULL, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
  needed_level SMALLINT NOT NULL, regions TEXT NOT NULL, is_open_everywhere BOOLEAN NOT NULL,
  PRIMARY KEY (service)
) IN KEY ORDER;

CREATE TABLE tickets (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  channel TEXT NOT NULL, serial INTEGER NOT NULL, binding BIGINT, member_bucket SMALLINT,
  member BIGINT, service TEXT NOT NULL, issue_time BIGINT NOT NULL, expire_time BIGINT NOT NULL,
  provider TEXT NOT NULL, redeem_time BIGINT, close_time BIGINT, outcome SMALLINT,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX tickets_left ON tickets (expire_time)
  WHERE redeem_time IS NULL;
CREATE INDEX uses_of_link ON tickets (bucket, citizen, channel, serial, redeem_time, number)
  WHERE redeem_time IS NOT NULL;

CREATE TABLE orders (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, number BIGINT NOT NULL,
  provider TEXT NOT NULL, channel TEXT NOT NULL, serial INTEGER NOT NULL,
  insurance_fen BIGINT NOT NULL, own_fen BIGINT NOT NULL, create_time BIGINT NOT NULL,
  expire_time BIGINT NOT NULL, state SMALLINT NOT NULL, state_time BIGINT NOT NULL,
  step INTEGER NOT NULL, bank TEXT NOT NULL, pay_time BIGINT, settle_time BIGINT,
  refund_time BIGINT, is_password_free BOOLEAN NOT NULL,
  PRIMARY KEY (bucket, citizen, number)
) IN KEY ORDER;
CREATE INDEX orders_at_bank ON orders (state_time, bucket, citizen, number)
  WHERE state IN (2, 5);
CREATE INDEX orders_of_channel ON orders (channel, pay_time);
CREATE INDEX orders_of_link ON orders (bucket, citizen, channel, serial, create_time, number);
CREATE INDEX orders_of_provider ON orders (provider, pay_time);

CREATE TABLE postings (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, order_number BIGINT NOT NULL,
  step INTEGER NOT NULL, account TEXT NOT NULL, party TEXT NOT NULL, amount_fen BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (bucket, citizen, order_number, step, account)
) IN KEY ORDER;

CREATE TABLE password_free (
  bucket SMALLINT NOT NULL, citizen BIGINT NOT NULL, channel TEXT NOT NULL,
  serial INTEGER NOT NULL, is_on BOOLEAN NOT NULL, day INTEGER NOT NULL,
  spent_fen BIGINT NOT NULL,
  PRIMARY KEY (bucket, citizen, channel)
) IN KEY ORDER;

CREATE TABLE parties (
  party TEXT NOT NULL, kind SMALLINT NOT NULL, display_name TEXT NOT NULL,
  regions TEXT NOT NULL, register_time BIGINT NOT NULL, verifier_class SMALLINT,
  service_ids TEXT NOT NULL, verifier_ids TEXT NOT NULL,
  PRIMARY KEY (party)
) IN KEY ORDER;

CREATE TABLE party_keys (
  party TEXT NOT NULL, key_id TEXT NOT NULL, public_key BYTES NOT NULL,
  is_removed BOOLEAN NOT NULL,
  PRIMARY KEY (party, key_id)
) IN KEY ORDER;

CREATE TABLE channels (
  party TEXT NOT NULL, channel_class SMALLINT NOT NULL, state SMALLINT NOT NULL,
  vouch_kinds TEXT NOT NULL, receives_new_cards BOOLEAN NOT NULL, state_time BIGINT NOT NULL,
  bank_id TEXT NOT NULL, tier SMALLINT NOT NULL, parent TEXT NOT NULL,
  shows_all_channels BOOLEAN NOT NULL,
  PRIMARY KEY (party)
) IN KEY ORDER;

CREATE TABLE facts (
  name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (name)
) IN KEY ORDER;

CREATE TABLE signing_keys (
  signs TEXT NOT NULL, key_id TEXT NOT NULL, public_key BYTES NOT NULL,
  create_time BIGINT NOT NULL, sign_time BIGINT NOT NULL, compromise_time BIGINT,
  PRIMARY KEY (signs, key_id)
) IN KEY ORDER;

CREATE TABLE requests (
  bucket SMALLINT NOT NULL, request TEXT NOT NULL, content BYTES NOT NULL, at BIGINT NOT NULL,
  answer BYTES, rejection TEXT,
  PRIMARY KEY (bucket, request)
) IN KEY ORDER;
CREATE INDEX requests_by_time ON requests (at);

CREATE TABLE events (
  bucket SMALLINT NOT NULL, channel TEXT NOT NULL, position BIGINT NOT NULL,
  body BYTES NOT NULL,
  PRIMARY KEY (bucket, channel, position)
) IN KEY ORDER;
CREATE INDEX events_of_channel ON events (channel, position);
"""
