-- The tables and functions of search as its migrations leave them: to read, never to run.
-- Written by `npm run schema`. Partitions named after a date come and go and are not listed.
-- Unless a GRANT says otherwise, souk_search may select, insert, update and delete, and nobody else may do anything.

CREATE SEQUENCE marks AS bigint START 1 INCREMENT 1;

CREATE TABLE audit_marks (
  name text NOT NULL,
  snapshot pg_snapshot NOT NULL,
  made_at timestamp with time zone NOT NULL,
  CONSTRAINT audit_marks_pkey PRIMARY KEY (name)
);

CREATE TABLE availability (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  available boolean NOT NULL,
  CONSTRAINT availability_pkey PRIMARY KEY (variant_id)
);
CREATE INDEX availability_of_product ON availability (product_id);

CREATE TABLE categories (
  category_id uuid NOT NULL,
  parent_id uuid,
  slug text NOT NULL,
  title text NOT NULL,
  path text NOT NULL,
  ancestor_ids uuid[] NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT categories_pkey PRIMARY KEY (category_id),
  CONSTRAINT categories_slug_key UNIQUE (slug)
);

CREATE TABLE checks (
  variant_id uuid NOT NULL,
  product_id uuid NOT NULL,
  shop_id uuid NOT NULL,
  mark bigint DEFAULT nextval('marks'::regclass) NOT NULL,
  CONSTRAINT checks_pkey PRIMARY KEY (variant_id)
);
CREATE INDEX checks_in_order ON checks (mark);

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

CREATE TABLE documents (
  generation smallint NOT NULL,
  product_id uuid NOT NULL,
  mark bigint NOT NULL,
  shop_id uuid NOT NULL,
  title text NOT NULL,
  title_key text COLLATE "C" NOT NULL,
  facets uuid[] NOT NULL,
  category_ids uuid[] NOT NULL,
  price_minor bigint NOT NULL,
  currency text COLLATE "C" NOT NULL,
  rating_tenths smallint NOT NULL,
  rating_key integer NOT NULL,
  available boolean NOT NULL,
  score integer NOT NULL,
  words tsvector NOT NULL,
  card jsonb NOT NULL,
  CONSTRAINT documents_pkey PRIMARY KEY (generation, product_id)
) PARTITION BY LIST (generation);
CREATE INDEX documents_by_price ON documents (generation, price_minor, product_id);
CREATE INDEX documents_by_rating ON documents (generation, rating_key, product_id);
CREATE INDEX documents_by_score ON documents (generation, score, product_id);
CREATE INDEX documents_by_title ON documents (generation, title_key, product_id);
CREATE INDEX documents_found ON documents USING gin (words, facets) WITH (fastupdate=off);
CREATE INDEX documents_of_shop ON documents (shop_id);

CREATE TABLE documents_0 PARTITION OF documents FOR VALUES IN ('0');
GRANT INSERT, SELECT, UPDATE, DELETE, TRUNCATE ON TABLE documents_0 TO souk_search;

CREATE TABLE documents_1 PARTITION OF documents FOR VALUES IN ('1');
GRANT INSERT, SELECT, UPDATE, DELETE, TRUNCATE ON TABLE documents_1 TO souk_search;

CREATE TABLE due (
  product_id uuid NOT NULL,
  mark bigint DEFAULT nextval('marks'::regclass) NOT NULL,
  since timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT due_pkey PRIMARY KEY (product_id)
);
CREATE INDEX due_in_order ON due (mark);

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

CREATE TABLE index_state (
  only_row boolean DEFAULT true NOT NULL,
  active smallint DEFAULT 0 NOT NULL,
  building smallint,
  filled_after uuid,
  filled bigint DEFAULT 0 NOT NULL,
  started_at timestamp with time zone,
  asked_at timestamp with time zone,
  finished_at timestamp with time zone,
  checking_up_to bigint DEFAULT 0 NOT NULL,
  CONSTRAINT index_state_pkey PRIMARY KEY (only_row),
  CONSTRAINT index_state_only_row_check CHECK (only_row)
);

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
GRANT INSERT, SELECT ON TABLE outbox TO souk_search;

CREATE TABLE ratings (
  product_id uuid NOT NULL,
  version bigint NOT NULL,
  rating_tenths smallint NOT NULL,
  rating_count integer NOT NULL,
  CONSTRAINT ratings_pkey PRIMARY KEY (product_id)
);

CREATE TABLE sales (
  sale_window_id uuid NOT NULL,
  product_id uuid NOT NULL,
  variant_id uuid NOT NULL,
  price_minor bigint NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  changed_at_ms bigint NOT NULL,
  planned boolean NOT NULL,
  turn_at timestamp with time zone,
  CONSTRAINT sales_pkey PRIMARY KEY (sale_window_id)
);
CREATE INDEX sales_of_product ON sales (product_id);
CREATE INDEX sales_to_turn ON sales (turn_at) WHERE turn_at IS NOT NULL;

CREATE TABLE shops (
  shop_id uuid NOT NULL,
  version bigint NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  status text NOT NULL,
  country text NOT NULL,
  remark_after uuid,
  CONSTRAINT shops_pkey PRIMARY KEY (shop_id)
);
CREATE INDEX shops_by_name ON shops (lower(name) COLLATE "C");
CREATE INDEX shops_by_slug ON shops (slug);
CREATE INDEX shops_to_remark ON shops (shop_id) WHERE remark_after IS NOT NULL;

CREATE TABLE words (
  word text COLLATE "C" NOT NULL,
  uses bigint NOT NULL,
  CONSTRAINT words_pkey PRIMARY KEY (word)
);
CREATE INDEX words_alike ON words USING gin (word gin_trgm_ops);

CREATE OR REPLACE FUNCTION close_words(wanted text, most integer)
 RETURNS TABLE(word text, likeness real, uses bigint)
 LANGUAGE sql
 STABLE
 SET "pg_trgm.similarity_threshold" TO '0.15'
AS $function$
      select w.word, search.similarity(w.word, wanted), w.uses
      from (select * from words c where c.word operator(search.%) wanted limit 2000) w
      order by search.similarity(w.word, wanted) desc, w.uses desc, w.word limit most
    $function$;
GRANT EXECUTE ON FUNCTION close_words(text,integer) TO souk_search;

CREATE OR REPLACE FUNCTION forget_events(before timestamp with time zone, passed_xid xid8, passed_seq bigint)
 RETURNS integer
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'search'
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
GRANT EXECUTE ON FUNCTION forget_events(timestamp with time zone,xid8,bigint) TO souk_search;

CREATE OR REPLACE FUNCTION words_of(language text, title text, tags text, description text)
 RETURNS tsvector
 LANGUAGE sql
 STABLE
RETURN ((((((setweight(to_tsvector('words_plain'::regconfig, title), 'A'::"char") || setweight(to_tsvector('words_english'::regconfig, title), 'A'::"char")) || setweight(to_tsvector((('words_'::text || language))::regconfig, title), 'A'::"char")) || setweight(to_tsvector('words_plain'::regconfig, tags), 'B'::"char")) || setweight(to_tsvector('words_english'::regconfig, tags), 'B'::"char")) || setweight(to_tsvector('words_plain'::regconfig, description), 'D'::"char")) || setweight(to_tsvector((('words_'::text || language))::regconfig, description), 'D'::"char"));
GRANT EXECUTE ON FUNCTION words_of(text,text,text,text) TO souk_search;

CREATE OR REPLACE FUNCTION words_query(words text[], language text)
 RETURNS tsquery
 LANGUAGE plpgsql
 STABLE
 SET client_min_messages TO 'error'
AS $function$
declare
  word text;
  forms tsquery;
  every tsquery;
begin
  foreach word in array words loop
    forms := plainto_tsquery('words_plain', word);
    if numnode(forms) = 0 then continue; end if;
    forms := forms || plainto_tsquery('words_english', word);
    if language <> 'english' and language <> 'plain' then
      forms := forms || plainto_tsquery(('words_' || language)::regconfig, word);
    end if;
    every := case when every is null then forms else every && forms end;
  end loop;
  return every;
end $function$;
GRANT EXECUTE ON FUNCTION words_query(text[],text) TO souk_search;
