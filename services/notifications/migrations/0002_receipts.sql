-- 0002  What providers said of messages that left: whether they arrived, were read, or came back.
-- Compatible with the release before, which neither reads nor writes it (nullable). Locks: brief; no table is scanned.
alter table messages add column receipt text check (receipt in ('delivered', 'read', 'bounced'));
alter table messages add column receipt_at timestamptz;
alter table messages add column receipt_detail text;
