-- 0005  Who has closed their account is remembered as somebody who did: news of them that come late or twice, and a token
-- in its last second, bring no address back.
-- Compatible with the release before: it does not name the column, and deletes the rows instead. Locks: brief.
alter table recipients add column closed_at timestamptz;
