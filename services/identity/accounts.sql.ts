import { type Sql, sql, type Tx } from '@souk/postgres'

export type AccountStatus = 'active' | 'disabled' | 'closed'
export type AccountRow = { id: string; email: string; name: string; status: AccountStatus; createdAt: Date }
/** What an account may do at this moment. */
export type RightsRow = {
  id: string
  status: AccountStatus
  permissions: string[]
  shops: Record<string, string[]>
}

export type NewAccount = { id: string; email: string; emailKey: string; name: string; passwordHash: string }

/** Insert those whose address is free. @returns the ids that were inserted. */
export const insertAccounts = async (tx: Tx, accounts: readonly NewAccount[], now: Date): Promise<Set<string>> => {
  const rows = await tx.many<{ id: string }>(sql`
    insert into accounts (id, email, email_key, name, password_hash, created_at)
    select * , ${now}::timestamptz
      from unnest(${accounts.map((account) => account.id)}::uuid[], ${accounts.map((account) => account.email)}::text[],
                  ${accounts.map((account) => account.emailKey)}::text[], ${accounts.map((account) => account.name)}::text[],
                  ${accounts.map((account) => account.passwordHash)}::text[])
    on conflict (email_key) do nothing
    returning id`)
  return new Set(rows.map((row) => row.id))
}

/** Known by a key of its own, not by its address. */
export const insertGuest = (tx: Tx, guest: { id: string; email: string; emailKey: string; name: string }, now: Date) =>
  tx.run(sql`
    insert into accounts (id, email, email_key, name, guest, created_at)
    values (${guest.id}, ${guest.email}, ${guest.emailKey}, ${guest.name}, true, ${now})`)

/** Make a guest's account one that can be signed in to. @returns 0 when it is no guest's, or not active */
export const fillGuest = (tx: Tx, account: NewAccount) =>
  tx.run(sql`
    update accounts set email = ${account.email}, email_key = ${account.emailKey}, name = ${account.name},
      password_hash = ${account.passwordHash}, guest = false
    where id = ${account.id} and guest and status = 'active'`)

/** Whether this account is a guest's. */
export const isGuest = async (tx: Tx, accountId: string): Promise<boolean> =>
  (await tx.maybeOne<{ guest: boolean }>(sql`select guest from accounts where id = ${accountId}`))?.guest ?? false

export const giveRole = (tx: Tx, accountIds: readonly string[], role: string, now: Date) =>
  tx.run(sql`
    insert into account_roles (account_id, role, given_at)
    select id, ${role}::text, ${now}::timestamptz from unnest(${accountIds}::uuid[]) as id
    on conflict do nothing`)

export const takeRoles = (tx: Tx, accountId: string, roles: readonly string[]) =>
  tx.run(sql`delete from account_roles where account_id = ${accountId} and role = any(${roles}::text[])`)

export const accountToSignIn = (tx: Tx, emailKey: string) =>
  tx.maybeOne<AccountRow & { passwordHash: string | null }>(sql`
    select id, email, name, status, created_at as "createdAt", password_hash as "passwordHash"
      from accounts where email_key = ${emailKey}`)

export const accountById = (tx: Tx, accountId: string) =>
  tx.maybeOne<AccountRow & { passwordHash: string | null; roles: string[] }>(sql`
    select id, email, name, status, created_at as "createdAt", password_hash as "passwordHash",
           array(select role from account_roles where account_id = accounts.id order by role) as roles
      from accounts where id = ${accountId}`)

/** The same, and nobody else changes it until the transaction ends. */
export const lockAccount = (tx: Tx, accountId: string) =>
  tx.maybeOne<AccountRow & { rehearsal: boolean }>(sql`
    select id, email, name, status, created_at as "createdAt", rehearsal
      from accounts where id = ${accountId} for update`)

/** What a sign-in rests on, kept as it is until the transaction ends: no change of password, no disabling in between. */
export const holdAccount = (tx: Tx, accountId: string) =>
  tx.maybeOne<{ status: AccountStatus; passwordHash: string | null }>(sql`
    select status, password_hash as "passwordHash" from accounts where id = ${accountId} for share`)

export const rolesOf = async (tx: Tx, accountId: string): Promise<string[]> =>
  (
    await tx.many<{ role: string }>(sql`select role from account_roles where account_id = ${accountId} order by role`)
  ).map((row) => row.role)

/** Held until the transaction ends by whoever makes or unmakes an operator, so that two cannot both leave the last one. */
export const lockRole = (tx: Tx, role: string) => tx.run(sql`select from roles where name = ${role} for update`)

export const knownRoles = async (tx: Tx): Promise<string[]> =>
  (await tx.many<{ name: string }>(sql`select name from roles`)).map((row) => row.name)

/** Active accounts with this role, apart from one. */
export const othersWithRole = (tx: Tx, role: string, accountId: string) =>
  tx.one<{ count: number }>(sql`
    select count(*) as count from account_roles
      join accounts on accounts.id = account_id and status = 'active'
     where role = ${role} and role <> 'shopper' and account_id <> ${accountId}`)

const rights: Sql = sql`
  select id, status,
         array(select distinct permission from account_roles join role_permissions using (role)
                where account_id = accounts.id order by permission) as permissions,
         coalesce((select jsonb_object_agg(shop_id, to_jsonb(duties)) from shop_members
                    where account_id = accounts.id), '{}') as shops
    from accounts`

export const rightsOf = (tx: Tx, accountId: string) => tx.maybeOne<RightsRow>(sql`${rights} where id = ${accountId}`)

export const updatePassword = (tx: Tx, accountId: string, passwordHash: string) =>
  tx.run(sql`update accounts set password_hash = ${passwordHash} where id = ${accountId}`)

export const updateStatus = (tx: Tx, accountId: string, status: AccountStatus) =>
  tx.run(sql`update accounts set status = ${status} where id = ${accountId}`)

/**
 * Whose address begins so, or each of these words the beginning of a word of whose name: "ada lo" is Ada Lovelace.
 * @param words of the name, without signs that mean something to `to_tsquery`
 */
const called = ({ emailKey, words }: Called): Sql => sql`
  (email_key collate "C" >= ${emailKey} and email_key collate "C" < ${`${emailKey}\u{10ffff}`}
   ${words.length === 0 ? sql`` : sql`or to_tsvector('simple', name) @@ to_tsquery('simple', ${words.map((word) => `'${word}':*`).join(' & ')})`})`

export type Called = { emailKey: string; words: readonly string[] }

/** Oldest first, after `afterId`. Rehearsal shoppers are left out: there may be a million of them. */
export const listAccounts = (tx: Tx, page: { afterId: string | undefined; limit: number; called?: Called }) =>
  tx.many<AccountRow & { roles: string[] }>(sql`
    select id, email, name, status, created_at as "createdAt",
           array(select role from account_roles where account_id = accounts.id order by role) as roles
      from accounts
     where not rehearsal ${page.afterId === undefined ? sql`` : sql`and id > ${page.afterId}`}
       ${page.called === undefined ? sql`` : sql`and ${called(page.called)}`}
     order by id limit ${page.limit}`)

/** Rehearsal shoppers among them. */
export const idsOfCalled = async (tx: Tx, wanted: Called, limit: number): Promise<string[]> =>
  (await tx.many<{ id: string }>(sql`select id from accounts where ${called(wanted)} limit ${limit}`)).map(
    ({ id }) => id,
  )

export const accountsByEmail = (tx: Tx, emailKeys: readonly string[]) =>
  tx.many<{ id: string; email: string; name: string; emailKey: string }>(sql`
    select id, email, name, email_key as "emailKey" from accounts
     where email_key = any(${emailKeys}::text[]) and not rehearsal and status = 'active'`)

/** What a person was known by goes, and so does what they could do; the id stays. The address is free for another. */
export const eraseAccount = async (tx: Tx, accountId: string, now: Date) => {
  await tx.run(sql`delete from account_roles where account_id = ${accountId}`)
  await tx.run(sql`delete from second_factors where account_id = ${accountId}`)
  await tx.run(sql`update api_keys set revoked_at = ${now} where account_id = ${accountId} and revoked_at is null`)
  await tx.run(sql`
    update accounts set status = 'closed', email = id || '@closed.invalid', email_key = id || '@closed.invalid',
      name = 'Closed account', password_hash = null, guest = false
    where id = ${accountId}`)
}

export const countShopsOf = (tx: Tx, accountId: string) =>
  tx.one<{ count: number }>(sql`select count(*) as count from shop_members where account_id = ${accountId}`)

/** Of these accounts those that have a duty in the shop. */
export const membersNamed = (tx: Tx, shopId: string, accountIds: readonly string[]) =>
  tx.many<{ id: string; name: string; email: string }>(sql`
    select a.id, a.name, a.email from shop_members m join accounts a on a.id = m.account_id
     where m.shop_id = ${shopId} and m.account_id = any(${accountIds}::uuid[])`)

export const setMember = (
  tx: Tx,
  member: { accountId: string; shopId: string; duties: readonly string[] },
  now: Date,
) =>
  tx.run(sql`
    insert into shop_members (account_id, shop_id, duties, set_at)
    values (${member.accountId}, ${member.shopId}, ${member.duties}::text[], ${now})
    on conflict (account_id, shop_id) do update set duties = excluded.duties, set_at = excluded.set_at`)

export const countOtherShops = (tx: Tx, accountId: string, shopId: string) =>
  tx.one<{ count: number }>(sql`
    select count(*) as count from shop_members where account_id = ${accountId} and shop_id <> ${shopId}`)

export const removeMember = (tx: Tx, accountId: string, shopId: string) =>
  tx.run(sql`delete from shop_members where account_id = ${accountId} and shop_id = ${shopId}`)

/** Accounts without password, their role and one session each, in one statement whatever their number. */
export const insertRehearsalShoppers = (
  tx: Tx,
  shoppers: { accountIds: readonly string[]; sessionIds: readonly string[]; address: string },
  now: Date,
  expiresAt: Date,
) =>
  tx.run(sql`
    with made as (
      insert into accounts (id, email, email_key, name, rehearsal, created_at)
      select id, id || '@rehearsal.invalid', id || '@rehearsal.invalid', 'Rehearsal shopper', true, ${now}::timestamptz
        from unnest(${shoppers.accountIds}::uuid[]) as id
    ), given as (
      insert into account_roles (account_id, role, given_at)
      select id, 'shopper', ${now}::timestamptz from unnest(${shoppers.accountIds}::uuid[]) as id
    )
    insert into sessions (id, account_id, created_at, last_used_at, expires_at, address, user_agent)
    select session_id, account_id, ${now}::timestamptz, ${now}::timestamptz, ${expiresAt}::timestamptz,
           ${shoppers.address}::text, 'rehearsal'
      from unnest(${shoppers.sessionIds}::uuid[], ${shoppers.accountIds}::uuid[]) as pair (session_id, account_id)`)

/** Sessions and roles go with them. A bounded number at a time keeps the locks short. */
export const deleteRehearsalShoppers = (tx: Tx, limit: number) =>
  tx.run(sql`
    delete from accounts where id in (select id from accounts where rehearsal order by id limit ${limit})`)

/** Accounts without password and role; those whose address is taken stay as they are. Resolves to how many were made. */
export const insertOutsideCustomers = (
  tx: Tx,
  customers: readonly { id: string; email: string; name: string }[],
  now: Date,
) =>
  tx.run(sql`
    insert into accounts (id, email, email_key, name, created_at)
    select id, email, email, name, ${now}::timestamptz
      from unnest(${customers.map((customer) => customer.id)}::uuid[], ${customers.map((customer) => customer.email)}::text[],
                  ${customers.map((customer) => customer.name)}::text[]) as customer (id, email, name)
    on conflict (email_key) do nothing`)

/** In whatever state they are. */
export const outsideCustomers = (tx: Tx, emailKeys: readonly string[]) =>
  tx.many<{ id: string; emailKey: string }>(
    sql`select id, email_key as "emailKey" from accounts where email_key = any(${emailKeys}::text[])`,
  )
