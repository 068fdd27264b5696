import type { Wording } from './index.ts'

const because = `{reason, select,
  shop {Der Händler kann sie nicht ausführen.}
  payment_refused {Ihre Zahlung wurde abgelehnt.}
  payment_expired {Es ist keine rechtzeitige Zahlung eingegangen.}
  out_of_stock {Die bestellte Ware ist nicht mehr vorhanden.}
  other {Wir mussten sie stornieren.}}`
const failure = `{reason, select,
  expired {Es ist keine rechtzeitige Zahlung eingegangen.}
  insufficient_funds {Das Konto ist nicht ausreichend gedeckt.}
  cancelled {Die Zahlung wurde abgebrochen.}
  other {Ihre Zahlung wurde abgelehnt.}}`
const units = '{units, plural, one {# Artikel} other {# Artikel}}'

export const german: Wording = {
  footer:
    'Sie erhalten diese Nachricht, weil Sie hier ein Konto haben. Was wir Ihnen mitteilen und wie, wählen Sie selbst.',
  kinds: {
    'order-confirmed': {
      subject: 'Ihre Bestellung {order} ist bestätigt',
      body: `# Vielen Dank!

Ihre Bestellung **{order}** bei {shop} ist bestätigt und wird vorbereitet. Wir melden uns, sobald sie unterwegs ist.`,
      short: '{shop}: Ihre Bestellung {order} ist bestätigt. Wir melden uns, sobald sie unterwegs ist.',
    },
    'order-shipped': {
      subject: '{complete, select, no {Ein Teil Ihrer Bestellung} other {Ihre Bestellung}} {order} ist unterwegs',
      body: `# Sie ist unterwegs

${units} Ihrer Bestellung **{order}** bei {shop} {units, plural, one {ist} other {sind}} unterwegs{tracked, select, yes { mit {carrier}, Nummer {trackingNumber}} other {}}.{complete, select, no { Der Rest folgt.} other {}}

[Sendung verfolgen]({trackingUrl})`,
      short: `{shop}: ${units} Ihrer Bestellung {order} unterwegs{tracked, select, yes { mit {carrier}, {trackingNumber}} other {}}.`,
    },
    'order-delivered': {
      subject: 'Ihre Bestellung {order} ist angekommen',
      body: `# Sie ist da

Ihre Bestellung **{order}** bei {shop} wurde zugestellt. Wir wünschen viel Freude damit.`,
      short: '{shop}: Ihre Bestellung {order} wurde zugestellt.',
    },
    'order-returned': {
      subject: 'Ihre Rücksendung zur Bestellung {order} ist da',
      body: `# Ihre Rücksendung ist da

${units} Ihrer Bestellung **{order}** {units, plural, one {ist} other {sind}} bei {shop} eingetroffen. Sie erhalten **{refund}** zurück.`,
      short: '{shop}: Ihre Rücksendung zur Bestellung {order} ist da. Sie erhalten {refund} zurück.',
    },
    'order-cancelled': {
      subject: 'Ihre Bestellung {order} wurde storniert',
      body: `# Ihre Bestellung wurde storniert

Es tut uns leid: Ihre Bestellung **{order}** bei {shop} wurde storniert. ${because}

Falls Sie bezahlt haben, ist das Geld auf dem Weg zu Ihnen zurück.`,
      short: `{shop}: Ihre Bestellung {order} wurde storniert. ${because}`,
    },
    'payment-failed': {
      subject: 'Die Zahlung für Bestellung {order} ist fehlgeschlagen',
      body: `# Die Zahlung ist fehlgeschlagen

**{amount}** für Ihre Bestellung **{order}** bei {shop} konnten nicht eingezogen werden. ${failure}

Ihnen wurde nichts berechnet.`,
      short: `{shop}: {amount} für Bestellung {order} konnten nicht eingezogen werden. ${failure}`,
    },
    'payment-needed': {
      subject: 'Bitte bezahlen Sie Ihre Bestellung {order}',
      body: `# Noch ein Schritt

Bitte schließen Sie die Zahlung von **{amount}** für Ihre Bestellung **{order}** bei {shop} bis zum {deadline, date, long}, {deadline, time, short} Uhr UTC ab. Danach endet sie von selbst.`,
      short: '{shop}: Bitte bezahlen Sie {amount} für Bestellung {order} bis {deadline, time, short} Uhr UTC.',
    },
    'payment-refunded': {
      subject: '{amount} für Bestellung {order} sind auf dem Weg zu Ihnen',
      body: `# Ihr Geld ist unterwegs

Wir haben **{amount}** für Ihre Bestellung **{order}** bei {shop} zurückgesandt{cause, select, returned {, für Ihre Rücksendung} late {: Die Zahlung kam, nachdem die Bestellung beendet war} other {}}. Es kann einige Tage dauern, bis der Betrag ankommt.`,
      short: '{shop}: {amount} für Bestellung {order} sind auf dem Weg zu Ihnen zurück.',
    },
    'stock-low': {
      subject: '{product} geht zur Neige',
      body: `# {product} geht zur Neige

{left, plural, =0 {Nichts liegt} one {Ein Stück liegt} other {# Stück liegen}} noch in den Regalen von {shop}. Sie wollten es bei {level} erfahren.`,
      short: '{shop}: noch {left, plural, =0 {nichts} one {ein Stück} other {# Stück}} von {product}.',
    },
    notice: { subject: '{title}', body: `# {title}\n\n{text}`, short: '{shop}: {title}. {text}' },
  },
}
