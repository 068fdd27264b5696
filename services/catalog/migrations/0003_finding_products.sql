-- 0003  A shop's people find its products by words of their titles and by article numbers. Until now lists were walked from
-- one end only.
-- Compatible with the release before: indexes only. Locks: writes to products and variants wait while the indexes are made,
-- about 10 s for each million products. Signs that would make one word of several ("grey/blue", "1.5") or none ("<3") count as
-- blanks.
set local lock_timeout = '2s';
create index products_by_words on products using gin (to_tsvector('simple', translate(title, '/-_.@+<>&', '         ')));
create index variants_of_shop_by_sku on variants (shop_id, lower(sku));
