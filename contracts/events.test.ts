import { serviceOf } from '@souk/events'
import { describe, expect, test } from 'vitest'
import { catalogue, type Image, keyField } from './catalogue.ts'
import * as declared from './events.ts'

const { allEvents, ...exported } = declared

describe('the events of the house', () => {
  test('are all listed, each under a type of its own', () => {
    expect(allEvents.length).toBe(Object.keys(exported).length)
    expect(new Set(allEvents.map((event) => event.type)).size).toBe(allEvents.length)
  })

  test('are facts in the past tense, of the service that owns the message', () => {
    for (const event of allEvents) {
      expect(event.type).toMatch(
        /\.[a-z_]+_(changed|placed|confirmed|cancelled|shipped|delivered|returned|imported|authorised|at_once|initiated|failed|captured|refunded|sent|registered|exceeded|checked_out|closed|low)$/,
      )
      expect(event.message.typeName.split('.')[1]).toBe(serviceOf(event.type))
    }
  })

  test('have their key in a field of their own', () => {
    expect(Object.fromEntries(allEvents.map((event) => [event.type, keyField(event)]))).toEqual({
      'carts.cart_checked_out': 'checkout_id',
      'customers.consent_changed': 'customer_id',
      'customers.customer_changed': 'customer_id',
      'reviews.rating_changed': 'product_id',
      'settings.flag_changed': 'flag_key',
      'settings.setting_changed': 'owner_id',
      'identity.account_closed': 'account_id',
      'identity.account_registered': 'account_id',
      'identity.sign_in_failures_exceeded': 'account_id',
      'shops.shop_changed': 'shop_id',
      'catalog.product_changed': 'product_id',
      'catalog.sale_window_changed': 'sale_window_id',
      'inventory.stock_changed': 'variant_id',
      'inventory.stock_ran_low': 'variant_id',
      'orders.order_placed': 'order_id',
      'orders.order_confirmed': 'order_id',
      'orders.order_cancelled': 'order_id',
      'orders.order_shipped': 'order_id',
      'orders.order_delivered': 'order_id',
      'orders.order_returned': 'order_id',
      'orders.orders_imported': 'shop_id',
      'payments.payments_authorised_at_once': 'shop_id',
      'payments.payments_authorised': 'shop_id',
      'payments.payment_initiated': 'shop_id',
      'payments.payment_failed': 'shop_id',
      'payments.payment_captured': 'shop_id',
      'payments.payment_refunded': 'shop_id',
      'notifications.message_failed': 'customer_id',
      'notifications.messages_sent': 'batch_id',
    })
  })
})

describe('the catalogue', () => {
  const image: Image = {
    file: [
      {
        package: 'souk.shops',
        messageType: [{ name: 'ShopChanged', field: [{ name: 'shop_id' }, { name: 'version' }] }],
        sourceCodeInfo: {
          location: [
            { path: [4, 0], leadingComments: ' Topic shops.shop, key shop_id. Emitted when\n a shop changes.\n' },
            { path: [4, 0, 2, 1], trailingComments: ' grows\n' },
          ],
        },
      },
    ],
  }
  const { shopChanged } = exported

  test('says of every event when it is emitted, under which key, and who listens', () => {
    const page = catalogue(image, { shopChanged }, [{ consumer: 'orders.shops', events: ['shopChanged'] }])
    expect(page).toContain('From shops, key `shop_id`.')
    expect(page).toContain('### shops.shop_changed\n\nEmitted when a shop changes.')
    expect(page).toContain('Consumers: `orders.shops`.')
    expect(page).toContain('| `version` | grows |')
  })

  test('refuses an event nobody explained, and a consumer of an event that does not exist', () => {
    const silent: Image = { file: [{ package: 'souk.shops', messageType: [{ name: 'ShopChanged' }] }] }
    expect(() => catalogue(silent, { shopChanged }, [])).toThrow('needs a comment')
    expect(() => catalogue(image, { shopChanged }, [{ consumer: 'a.b', events: ['gone'] }])).toThrow('listens to gone')
  })
})
