-- 0001  What is found: documents of products in two generations, the words they are made of, and the facts they are made from.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- Both are trusted extensions: whoever may create schemas may create them. Where the database has them already they stay
-- where they are; everything of theirs that is used here is named through what this migration makes.
create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- Words without accents and case ("plain"), and the same brought to their stem, for the languages shops sell in.
do $$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'unaccent');
  language text;
begin
  create text search configuration words_plain (copy = pg_catalog.simple);
  execute format('alter text search configuration words_plain alter mapping for hword, hword_part, word with %I.unaccent, simple', home);
  foreach language in array array['english', 'german', 'french', 'spanish', 'italian', 'portuguese', 'dutch'] loop
    execute format('create text search configuration words_%s (copy = pg_catalog.%I)', language, language);
    execute format('alter text search configuration words_%s alter mapping for hword, hword_part, word with %I.unaccent, %I',
      language, home, language || '_stem');
  end loop;
end $$;

-- All of the words asked for, each as it is or by its stem in English and in one more language.
create function words_query(words text[], language text) returns tsquery language plpgsql stable
  set client_min_messages = error as $$
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
end $$;

-- Title first, then tags, then what is said of it; each as it is and by its stems.
create function words_of(language text, title text, tags text, description text) returns tsvector language sql stable
return
  setweight(to_tsvector('words_plain', title), 'A') || setweight(to_tsvector('words_english', title), 'A')
  || setweight(to_tsvector(('words_' || language)::regconfig, title), 'A')
  || setweight(to_tsvector('words_plain', tags), 'B') || setweight(to_tsvector('words_english', tags), 'B')
  || setweight(to_tsvector('words_plain', description), 'D')
  || setweight(to_tsvector(('words_' || language)::regconfig, description), 'D');

-- One generation is searched; the other is empty, or being filled by a rebuild.
create table documents (
  generation smallint not null,
  product_id uuid not null,
  mark bigint not null,                  -- of what is due: a later one is newer
  shop_id uuid not null,
  title text not null,
  title_key text collate "C" not null,
  -- What it can be filtered by: its shop, its categories with their ancestors, and made-up ids for stars and availability.
  facets uuid[] not null,
  category_ids uuid[] not null,          -- with their ancestors
  price_minor bigint not null,
  currency text collate "C" not null,
  rating_tenths smallint not null,
  rating_key int not null,               -- the average drawn towards the middle while few have rated
  available boolean not null,
  score int not null,                    -- how good it is whatever is asked for
  words tsvector not null,
  card jsonb not null,                   -- what is shown of it
  primary key (generation, product_id)
) partition by list (generation);
create table documents_0 partition of documents for values in (0);
create table documents_1 partition of documents for values in (1);
-- No list of pending entries: a search must not pay for what an import has just written.
create index documents_found on documents using gin (words, facets) with (fastupdate = off);
create index documents_by_price on documents (generation, price_minor, product_id);
create index documents_by_rating on documents (generation, rating_key, product_id);
create index documents_by_score on documents (generation, score, product_id);
create index documents_of_shop on documents (shop_id);
create index documents_by_title on documents (generation, title_key, product_id);

-- Every word of a title or tag there ever was, with how many products were made with it. It corrects and completes.
create table words (
  word text collate "C" primary key,
  uses bigint not null
);
do $$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
  execute format('create index words_alike on words using gin (word %I.gin_trgm_ops)', home);
  -- Words with letters in common, the likest first. Bounded: of a word that is like thousands, 2,000 are compared.
  execute format($function$
    create function close_words(wanted text, most int) returns table (word text, likeness real, uses bigint)
    language sql stable set pg_trgm.similarity_threshold = 0.15 as $body$
      select w.word, %1$I.similarity(w.word, wanted), w.uses
      from (select * from words c where c.word operator(%1$I.%%) wanted limit 2000) w
      order by %1$I.similarity(w.word, wanted) desc, w.uses desc, w.word limit most
    $body$ $function$, home);
end $$;

-- Our own copies of what others announce.
create table shops (
  shop_id uuid primary key,
  version bigint not null,
  name text not null,
  slug text not null,
  status text not null,
  country text not null,
  -- It opened or stopped: its products are to be marked, from this one on.
  remark_after uuid
);
create index shops_by_slug on shops (slug);
create index shops_to_remark on shops (shop_id) where remark_after is not null;
create index shops_by_name on shops (lower(name) collate "C");

create table categories (
  category_id uuid primary key,
  parent_id uuid,
  slug text not null unique,
  title text not null,
  path text not null,
  ancestor_ids uuid[] not null,
  seen_at timestamptz not null
);

create table sales (
  sale_window_id uuid primary key,
  product_id uuid not null,
  variant_id uuid not null,
  price_minor bigint not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  changed_at_ms bigint not null,
  planned boolean not null,
  turn_at timestamptz                    -- when the product has another price; null when there is no more to come
);
create index sales_of_product on sales (product_id);
create index sales_to_turn on sales (turn_at) where turn_at is not null;

create table ratings (
  product_id uuid primary key,
  version bigint not null,
  rating_tenths smallint not null,
  rating_count int not null
);

-- Whether orders may still promise units of a variant, as it said when it was asked last.
create table availability (
  variant_id uuid primary key,
  product_id uuid not null,
  available boolean not null
);
create index availability_of_product on availability (product_id);

-- Products whose document is to be written again. Marked again meanwhile, a row has another mark and stays.
create sequence marks;
create table due (
  product_id uuid primary key,
  mark bigint not null default nextval('marks'),
  since timestamptz not null default now()
);
create index due_in_order on due (mark);

-- Variants orders is to be asked about.
create table checks (
  variant_id uuid primary key,
  product_id uuid not null,
  shop_id uuid not null,
  mark bigint not null default nextval('marks')
);
create index checks_in_order on checks (mark);

-- One row: which generation is searched, and how far a rebuild has come.
create table index_state (
  only_row boolean primary key default true check (only_row),
  active smallint not null default 0,
  building smallint,
  filled_after uuid,
  filled bigint not null default 0,
  started_at timestamptz,
  asked_at timestamptz,
  finished_at timestamptz
);
insert into index_state default values;

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_search') then
    grant truncate on documents_0, documents_1 to souk_search;
  end if;
end $$;
