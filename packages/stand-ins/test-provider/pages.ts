import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Charge } from './charge.ts'
import { type Mode, modeNames } from './modes.ts'

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export function money(amountMinor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

const page = (title: string, body: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escape(title)}</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#1c1917;background:#fafaf9}
.card{background:#fff;border:1px solid #e7e5e4;border-radius:12px;padding:1.5rem}
.amount{font-size:2.25rem;font-weight:650;margin:.25rem 0}
.note{color:#57534e;font-size:.9rem}
button{font:inherit;padding:.7rem 1.4rem;border-radius:8px;border:1px solid #a8a29e;background:#fff;cursor:pointer;min-height:44px}
button.pay{background:#166534;border-color:#166534;color:#fff}
button:focus-visible{outline:3px solid #2563eb;outline-offset:2px}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.4rem .5rem;border-bottom:1px solid #e7e5e4}
td.n{text-align:right;font-variant-numeric:tabular-nums}
</style></head><body>${body}</body></html>`

/** What makes the address of a payment page one that cannot be guessed. */
export const pageKey = (secret: string, id: string): string =>
  createHmac('sha256', secret).update(id).digest('base64url').slice(0, 22)

export function opensPage(secret: string, id: string, key: string): boolean {
  const [a, b] = [Buffer.from(pageKey(secret, id)), Buffer.from(key)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const outcomes: Partial<Record<Charge['state'], string>> = {
  authorised: 'The payment is promised.',
  captured: 'Paid. Thank you.',
  declined: 'The payment was declined.',
  voided: 'This payment is no longer wanted.',
}

export function paymentPage(charge: Charge, key: string): string {
  const undecided = `<form method="post" action="/pay/${charge.id}?k=${encodeURIComponent(key)}">
<button class="pay" name="decision" value="pay">Pay ${escape(money(charge.amountMinor, charge.currency))}</button>
<button name="decision" value="decline">Decline</button></form>
<p class="note">This is a test provider: no card is asked for, no money moves.</p>`
  const back = charge.returnUrl ? `<p><a href="${escape(charge.returnUrl)}">Back to the shop</a></p>` : ''
  return page(
    'Pay',
    `<div class="card"><p class="note">Payment ${escape(charge.reference)}</p>
<p class="amount">${escape(money(charge.amountMinor, charge.currency))}</p>
${charge.state === 'pending' ? undecided : `<p role="status">${outcomes[charge.state] ?? ''}</p>${back}`}</div>`,
  )
}

export function bookPage(charges: readonly Charge[], size: number, mode: Mode, link: (id: string) => string): string {
  const rows = charges
    .map(
      (
        charge,
      ) => `<tr><td>${charge.state === 'pending' ? `<a href="${escape(link(charge.id))}">${charge.id}</a>` : charge.id}</td>
<td>${escape(charge.reference)}</td><td>${charge.state}</td>
<td class="n">${escape(money(charge.amountMinor, charge.currency))}</td>
<td class="n">${escape(money(charge.refundedMinor, charge.currency))}</td></tr>`,
    )
    .join('')
  const options = modeNames.map((name) => `<option${name === mode.name ? ' selected' : ''}>${name}</option>`).join('')
  return page(
    'Test provider',
    `<h1>Test provider</h1>
<p class="note">Stands where Stripe, Razorpay or PayPal would be. Its book has ${size} payment${size === 1 ? '' : 's'}; no money moves.</p>
<form method="post" action="/mode" class="card"><label>How it behaves: <select name="mode">${options}</select></label>
<button>Set</button></form>
<h2>Latest payments</h2>
<table><thead><tr><th>Payment</th><th>Reference</th><th>State</th><th>Amount</th><th>Given back</th></tr></thead>
<tbody>${rows || '<tr><td colspan="5">None yet.</td></tr>'}</tbody></table>`,
  )
}
