import type { Wording } from './index.ts'

const because = `{reason, select,
  shop {Mağaza siparişi yerine getiremiyor.}
  payment_refused {Ödemeniz reddedildi.}
  payment_expired {Zamanında ödeme ulaşmadı.}
  out_of_stock {Sipariş ettiğiniz ürün artık yok.}
  other {Siparişi iptal etmek zorunda kaldık.}}`
const failure = `{reason, select,
  expired {Zamanında ödeme ulaşmadı.}
  insufficient_funds {Hesapta yeterli bakiye yok.}
  cancelled {Ödeme iptal edildi.}
  other {Ödemeniz reddedildi.}}`
const units = '{units, plural, one {# ürün} other {# ürün}}'

export const turkish: Wording = {
  footer: 'Burada bir hesabınız olduğu için bu mesajı alıyorsunuz. Neyi, nasıl haber alacağınızı siz seçersiniz.',
  kinds: {
    'order-confirmed': {
      subject: '{order} numaralı siparişiniz onaylandı',
      body: `# Teşekkür ederiz!

{shop} mağazasından **{order}** numaralı siparişiniz onaylandı ve hazırlanıyor. Yola çıktığında yeniden yazacağız.`,
      short: '{shop}: {order} numaralı siparişiniz onaylandı. Yola çıktığında haber vereceğiz.',
    },
    'order-shipped': {
      subject:
        '{complete, select, no {{order} numaralı siparişinizin bir kısmı} other {{order} numaralı siparişiniz}} yola çıktı',
      body: `# Yola çıktı

{shop} mağazasından **{order}** numaralı siparişinizin ${units} yola çıktı{tracked, select, yes {: {carrier}, takip numarası {trackingNumber}} other {}}.{complete, select, no { Kalanı daha sonra gelecek.} other {}}

[Gönderiyi izle]({trackingUrl})`,
      short: `{shop}: {order} numaralı siparişinizden ${units} yola çıktı{tracked, select, yes {: {carrier}, {trackingNumber}} other {}}.`,
    },
    'order-delivered': {
      subject: '{order} numaralı siparişiniz teslim edildi',
      body: `# Teslim edildi

{shop} mağazasından **{order}** numaralı siparişiniz teslim edildi. Güle güle kullanın.`,
      short: '{shop}: {order} numaralı siparişiniz teslim edildi.',
    },
    'order-returned': {
      subject: '{order} numaralı siparişin iadesi bize ulaştı',
      body: `# İadeniz ulaştı

**{order}** numaralı siparişinizden ${units} {shop} mağazasına geri döndü. **{refund}** geri ödenecek.`,
      short: '{shop}: {order} numaralı siparişin iadesi ulaştı. {refund} geri ödenecek.',
    },
    'order-cancelled': {
      subject: '{order} numaralı siparişiniz iptal edildi',
      body: `# Siparişiniz iptal edildi

Üzgünüz: {shop} mağazasından **{order}** numaralı siparişiniz iptal edildi. ${because}

Ödeme yaptıysanız paranız geri gönderiliyor.`,
      short: `{shop}: {order} numaralı siparişiniz iptal edildi. ${because}`,
    },
    'payment-failed': {
      subject: '{order} numaralı siparişin ödemesi alınamadı',
      body: `# Ödeme alınamadı

{shop} mağazasından **{order}** numaralı siparişiniz için **{amount}** alınamadı. ${failure}

Sizden para çekilmedi.`,
      short: `{shop}: {order} numaralı sipariş için {amount} alınamadı. ${failure}`,
    },
    'payment-needed': {
      subject: 'Lütfen {order} numaralı siparişinizi ödeyin',
      body: `# Bir adım kaldı

{shop} mağazasından **{order}** numaralı siparişiniz için **{amount}** tutarındaki ödemeyi {deadline, date, long} {deadline, time, short} (UTC) saatine kadar tamamlayın. Sonrasında sipariş kendiliğinden sona erer.`,
      short:
        '{shop}: {order} numaralı sipariş için {amount} tutarını {deadline, time, short} (UTC) saatine kadar ödeyin.',
    },
    'payment-refunded': {
      subject: '{order} numaralı sipariş için {amount} size geri gönderildi',
      body: `# Paranız yolda

{shop} mağazasından **{order}** numaralı siparişiniz için **{amount}** geri gönderildi{cause, select, returned { (iadeniz için)} late { (ödeme, sipariş sona erdikten sonra ulaştı)} other {}}. Hesabınıza ulaşması birkaç gün sürebilir.`,
      short: '{shop}: {order} numaralı sipariş için {amount} size geri gönderildi.',
    },
    'stock-low': {
      subject: '{product} azalıyor',
      body: `# {product} azalıyor

{shop} raflarında {left, plural, =0 {hiç kalmadı} other {# adet kaldı}}. Haber verilecek sınır: {level}.`,
      short: '{shop}: {product} {left, plural, =0 {hiç kalmadı} other {# adet kaldı}}.',
    },
    notice: { subject: '{title}', body: `# {title}\n\n{text}`, short: '{shop}: {title}. {text}' },
  },
}
