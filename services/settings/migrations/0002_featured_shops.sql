-- 0002  Shops that are shown on the first page are found without reading what all shops have set.
-- Compatible with the release before. Locks: settings against writing, for a moment.
create index settings_featured on settings (changed_at, owner_id)
  where scope = 'shop' and key = 'shop.featured' and value = 'true'::jsonb;
