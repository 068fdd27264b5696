-- The tables and functions of reviews as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_reviews may select, insert, update and delete, and nobody else may do anything.

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE consumer_offsets (
  consumer text NOT NULL,
  source text NOT NULL,
  shard text NOT NULL,
  xid xid8 NOT NULL,
  seq bigint NOT NULL,
  index integer NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT consumer_offsets_pkey PRIMARY KEY (consumer, source, shard),
  CONSTRAINT consumer_offsets_index_check CHECK (index >= 0)
) WITH (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, fillfactor=20);

CREATE TABLE dead_letters (
  id uuid NOT NULL,
  consumer text NOT NULL,
  source text NOT NULL,
  shard text NOT NULL,
  xid xid8 NOT NULL,
  seq bigint NOT NULL,
  index integer NOT NULL,
  event_id text NOT NULL,
  type text NOT NULL,
  topic text NOT NULL,
  key text NOT NULL,
  schema_version integer NOT NULL,
  occurred_at timestamp with time zone,
  envelope bytea NOT NULL,
  cause text NOT NULL,
  attempts integer NOT NULL,
  parked_at timestamp with time zone NOT NULL,
  state text DEFAULT 'parked'::text NOT NULL,
  resolved_at timestamp with time zone,
  resolution text,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (id),
  CONSTRAINT dead_letters_once UNIQUE (consumer, source, shard, xid, seq, index),
  CONSTRAINT dead_letters_attempts_check CHECK (attempts >= 0),
  CONSTRAINT dead_letters_resolved CHECK ((state = 'parked'::text) = (resolved_at IS NULL)),
  CONSTRAINT dead_letters_state_check CHECK (state = ANY (ARRAY['parked'::text, 'replayed'::text, 'discarded'::text]))
);
CREATE INDEX dead_letters_age ON dead_letters (parked_at);
CREATE INDEX dead_letters_parked ON dead_letters (consumer, id) WHERE state = 'parked'::text;

CREATE TABLE helpful_votes (
  review_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  voted_at timestamp with time zone NOT NULL,
  CONSTRAINT helpful_votes_pkey PRIMARY KEY (review_id, customer_id),
  CONSTRAINT helpful_votes_review_id_fkey FOREIGN KEY (review_id) REFERENCES reviews(review_id) ON DELETE CASCADE
);

CREATE TABLE idempotency_keys (
  principal text NOT NULL,
  key text NOT NULL,
  route text NOT NULL,
  body_hash bytea NOT NULL,
  status integer,
  answer jsonb,
  headers jsonb,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (principal, key, route)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

CREATE TABLE outbox (
  xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  topic text NOT NULL,
  event_count integer NOT NULL,
  batch bytea NOT NULL,
  written_at timestamp with time zone DEFAULT now() NOT NULL,
  kinds text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (xid, seq),
  CONSTRAINT outbox_event_count_check CHECK (event_count > 0),
  CONSTRAINT outbox_topic_check CHECK (topic ~ '^[a-z_]+\.[a-z_]+$'::text)
);
GRANT SELECT ON TABLE outbox TO souk_log;
GRANT INSERT, SELECT ON TABLE outbox TO souk_reviews;

CREATE TABLE purchases (
  customer_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  order_id uuid NOT NULL,
  delivered_at timestamp with time zone NOT NULL,
  CONSTRAINT purchases_pkey PRIMARY KEY (customer_id, product_id)
);

CREATE TABLE ratings (
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  ones integer NOT NULL,
  twos integer NOT NULL,
  threes integer NOT NULL,
  fours integer NOT NULL,
  fives integer NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT ratings_pkey PRIMARY KEY (product_id),
  CONSTRAINT ratings_fives_check CHECK (fives >= 0),
  CONSTRAINT ratings_fours_check CHECK (fours >= 0),
  CONSTRAINT ratings_ones_check CHECK (ones >= 0),
  CONSTRAINT ratings_threes_check CHECK (threes >= 0),
  CONSTRAINT ratings_twos_check CHECK (twos >= 0)
);

CREATE TABLE reports (
  review_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  reason text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  open boolean DEFAULT true NOT NULL,
  reported_at timestamp with time zone NOT NULL,
  CONSTRAINT reports_pkey PRIMARY KEY (review_id, customer_id),
  CONSTRAINT reports_review_id_fkey FOREIGN KEY (review_id) REFERENCES reviews(review_id) ON DELETE CASCADE,
  CONSTRAINT reports_note_check CHECK (char_length(note) <= 1000),
  CONSTRAINT reports_reason_check CHECK (reason = ANY (ARRAY['spam'::text, 'offensive'::text, 'personal-data'::text, 'not-about-product'::text, 'other'::text]))
);

CREATE TABLE review_history (
  entry_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  review_id uuid NOT NULL,
  version bigint NOT NULL,
  what text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  by_account uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT review_history_pkey PRIMARY KEY (entry_id),
  CONSTRAINT review_history_what_check CHECK (what = ANY (ARRAY['written'::text, 'edited'::text, 'approved'::text, 'refused'::text, 'answered'::text, 'answer-removed'::text, 'removed'::text]))
);
CREATE INDEX review_history_by_review ON review_history (review_id, entry_id);
GRANT INSERT, SELECT ON TABLE review_history TO souk_reviews;

CREATE TABLE reviews (
  review_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  customer_id uuid NOT NULL,
  order_id uuid NOT NULL,
  version bigint DEFAULT 1 NOT NULL,
  rating smallint NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  author text NOT NULL,
  state text DEFAULT 'pending'::text NOT NULL,
  reason text,
  answer text,
  answered_at timestamp with time zone,
  helpful integer DEFAULT 0 NOT NULL,
  open_reports integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  submitted_at timestamp(3) with time zone NOT NULL,
  decided_at timestamp with time zone,
  CONSTRAINT reviews_pkey PRIMARY KEY (review_id),
  CONSTRAINT reviews_one_each UNIQUE (product_id, customer_id),
  CONSTRAINT reviews_answer_check CHECK (char_length(answer) >= 1 AND char_length(answer) <= 2000),
  CONSTRAINT reviews_answered CHECK ((answer IS NULL) = (answered_at IS NULL)),
  CONSTRAINT reviews_author_check CHECK (char_length(author) <= 60),
  CONSTRAINT reviews_body_check CHECK (char_length(body) >= 1 AND char_length(body) <= 5000),
  CONSTRAINT reviews_helpful_check CHECK (helpful >= 0),
  CONSTRAINT reviews_open_reports_check CHECK (open_reports >= 0),
  CONSTRAINT reviews_rating_check CHECK (rating >= 1 AND rating <= 5),
  CONSTRAINT reviews_reason CHECK ((state = 'refused'::text) = (reason IS NOT NULL)),
  CONSTRAINT reviews_state_check CHECK (state = ANY (ARRAY['pending'::text, 'published'::text, 'refused'::text])),
  CONSTRAINT reviews_title_check CHECK (char_length(title) <= 120)
);
CREATE INDEX reviews_by_rating ON reviews (product_id, rating, review_id) WHERE state = 'published'::text;
CREATE INDEX reviews_by_state ON reviews (state, submitted_at, review_id);
CREATE INDEX reviews_helpful ON reviews (product_id, helpful, review_id) WHERE state = 'published'::text;
CREATE INDEX reviews_newest ON reviews (product_id, review_id) WHERE state = 'published'::text;
CREATE INDEX reviews_of_customer ON reviews (customer_id, review_id);
CREATE INDEX reviews_of_shop ON reviews (shop_id, review_id);
CREATE INDEX reviews_reported ON reviews (submitted_at, review_id) WHERE open_reports > 0;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'reviews'
BEGIN ATOMIC
 WITH gone AS (
          DELETE FROM outbox
           WHERE ((outbox.xid, outbox.seq) IN ( SELECT o.xid,
                     o.seq
                    FROM outbox o
                   WHERE ((ROW(o.xid, o.seq) < ROW(forget_events.passed_xid, forget_events.passed_seq)) AND (o.written_at < LEAST(forget_events.before, (now() - '1 day'::interval))))
                   ORDER BY o.xid, o.seq
                  LIMIT 1000))
           RETURNING 1 AS "?column?"
         )
  SELECT (count(*))::integer AS count
    FROM gone;
END;
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_reviews;
