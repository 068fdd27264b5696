-- 0001  Reviews of products, who may write one, what readers and moderators made of them, and each product's rating.
-- First migration of this service: nothing before it to be compatible with. Locks nothing that exists.

-- Who was handed what: one row per customer and product, from the events of delivered orders. It alone says who may review.
create table purchases (
  customer_id  uuid        not null,
  product_id   uuid        not null,
  shop_id      uuid        not null,
  order_id     uuid        not null, -- the first that arrived
  delivered_at timestamptz not null,
  primary key (customer_id, product_id)
);

create table reviews (
  review_id    uuid        primary key,
  product_id   uuid        not null,
  shop_id      uuid        not null,
  customer_id  uuid        not null,
  order_id     uuid        not null,
  version      bigint      not null default 1,  -- grows with every change of words, rating, state or answer
  rating       smallint    not null check (rating between 1 and 5),
  title        text        not null check (char_length(title) <= 120),
  body         text        not null check (char_length(body) between 1 and 5000),
  author       text        not null check (char_length(author) <= 60), -- as the customer wants to be called; may be empty
  state        text        not null default 'pending' check (state in ('pending', 'published', 'refused')),
  reason       text,                              -- why it was refused, for its author
  answer       text        check (char_length(answer) between 1 and 2000), -- of the shop, shown below it
  answered_at  timestamptz,
  helpful      int         not null default 0 check (helpful >= 0),
  open_reports int         not null default 0 check (open_reports >= 0),
  created_at   timestamptz not null,
  submitted_at timestamptz(3) not null,           -- when its words were last written: the queue of moderators
  decided_at   timestamptz,
  constraint reviews_one_each unique (product_id, customer_id),
  constraint reviews_reason check ((state = 'refused') = (reason is not null)),
  constraint reviews_answered check ((answer is null) = (answered_at is null))
);
-- The four orders in which a product's reviews are read; ids begin with the time they were written.
create index reviews_newest on reviews (product_id, review_id) where state = 'published';
create index reviews_helpful on reviews (product_id, helpful, review_id) where state = 'published';
create index reviews_by_rating on reviews (product_id, rating, review_id) where state = 'published';
create index reviews_of_customer on reviews (customer_id, review_id);
create index reviews_of_shop on reviews (shop_id, review_id);
create index reviews_by_state on reviews (state, submitted_at, review_id);
create index reviews_reported on reviews (submitted_at, review_id) where open_reports > 0;

-- The rating of each product: how many published reviews gave how many stars. Changed in the transaction that publishes.
create table ratings (
  product_id uuid        primary key,
  shop_id    uuid        not null,
  version    bigint      not null default 1,
  ones       int         not null check (ones >= 0),
  twos       int         not null check (twos >= 0),
  threes     int         not null check (threes >= 0),
  fours      int         not null check (fours >= 0),
  fives      int         not null check (fives >= 0),
  changed_at timestamptz not null
);

create table helpful_votes (
  review_id   uuid        not null references reviews on delete cascade,
  customer_id uuid        not null,
  voted_at    timestamptz not null,
  primary key (review_id, customer_id)
);

create table reports (
  review_id   uuid        not null references reviews on delete cascade,
  customer_id uuid        not null,
  reason      text        not null check (reason in ('spam', 'offensive', 'personal-data', 'not-about-product', 'other')),
  note        text        not null default '' check (char_length(note) <= 1000),
  open        boolean     not null default true, -- until a moderator has decided about the review
  reported_at timestamptz not null,
  primary key (review_id, customer_id)
);

-- What became of each review, when and by whom. Append-only, and without the words.
create table review_history (
  entry_id   bigint      generated always as identity primary key,
  review_id  uuid        not null,
  version    bigint      not null, -- of the review, after it
  what       text        not null check (what in ('written', 'edited', 'approved', 'refused', 'answered', 'answer-removed', 'removed')),
  reason     text        not null default '',
  by_account uuid        not null,
  at         timestamptz not null
);
create index review_history_by_review on review_history (review_id, entry_id);

do $$
begin
  if exists (select from pg_roles where rolname = 'souk_' || current_schema()) then
    execute format('revoke update, delete, truncate on review_history from %I', 'souk_' || current_schema());
  end if;
end $$;
