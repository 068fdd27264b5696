import { escapeHtml, toPlain } from './markup.ts'
import type { Rendered } from './render.ts'
import { footerIn, type Language } from './wording/index.ts'

// Mail programs know no style sheets worth the name: everything is said in place.
const body = 'margin:0;padding:24px 12px;background:#faf7f2;color:#221d18;font:16px/1.5 Georgia,serif'
const card =
  'max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #e6ddd1;border-radius:12px;overflow-wrap:anywhere'
const small = 'max-width:560px;margin:16px auto 0;color:#6f655b;font:13px/1.4 Helvetica,Arial,sans-serif'
const brand = 'max-width:560px;margin:0 auto 12px;font:600 15px/1.4 Helvetica,Arial,sans-serif;color:#a8401c'
const inPlace: Readonly<Record<string, string>> = {
  '<h2>': '<h2 style="margin:0 0 16px;font-size:22px;line-height:1.25">',
  '<p>': '<p style="margin:0 0 14px">',
  '<a ': '<a style="color:#a8401c" ',
}

/** A whole mail. The fragment's own elements come from markup.ts alone, so styling them by their names is safe. */
export function mailHtml({ subject, html }: Rendered, shopName: string, language: Language): string {
  const styled = html.replace(/<h2>|<p>|<a /g, (tag) => inPlace[tag] ?? tag)
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(subject)}</title></head>
<body style="${body}"><div style="${brand}">${escapeHtml(shopName)}</div><div style="${card}">${styled}</div>
<div style="${small}">${escapeHtml(footerIn(language))}</div></body></html>
`
}

export const mailText = ({ text }: Rendered, language: Language): string =>
  `${text}\n\n-- \n${toPlain({ text: footerIn(language), values: [] })}\n`
