import type { OptionSpec, Trade } from '../trade.ts'

const colour: OptionSpec = { name: 'Colour', values: ['Ink', 'Sand', 'Teal'] }

export const electronics: Trade = {
  shop: {
    key: 'electronics',
    name: 'Juhe Cables & Chargers',
    slug: 'juhe-cables-and-chargers',
    tagline: 'The right cable, measured',
    description:
      'Two engineers in Tallinn who got tired of cables that lie. We measure every batch for current, speed and bend life, and print the figures on the packet.',
    trade: 'Electronics accessories',
    city: 'Tallinn',
    countryCode: 'EE',
    currency: 'EUR',
    phone: '+3720000148',
    email: 'electronics@souk.example',
    shape: 'cable',
  },
  skuPrefix: 'JUH',
  shelf: [15, 220],
  owner: 'Kadri Tamm',
  helper: 'Rasmus Kask',
  families: [
    {
      category: 'cables',
      shape: 'cable',
      tags: ['cable', 'usb'],
      options: [
        {
          name: 'Length',
          values: [
            ['0.5 m', 0.85, 0.6],
            ['1 m', 1],
            ['2 m', 1.25, 1.8],
          ],
        },
        colour,
      ],
      items: `
        Braided USB-C Cable 60 W | 11.9 | 38 | Charges a phone or a small laptop and moves files at a modest speed. | #2f7f86
        Braided USB-C Cable 240 W | 17.9 | 55 | For the hungriest laptops, with the marker chip it needs. | #3c4a58
        USB4 Cable 40 Gbit/s | 29.9 | 60 | Screens, docks and drives over one cable. | #5a6a8a
        USB-C to USB-A Cable | 9.9 | 35 | For the old charger that still works. | #8a93a0
        USB-C to Micro-USB Cable | 8.9 | 32 | For lamps, readers and cameras from before. | #7a6f62
        Right-angled USB-C Cable | 13.9 | 40 | Lies flat behind a sofa or along a handlebar. | #5d7350
        Silicone Soft USB-C Cable | 14.9 | 42 | As limp as cooked spaghetti, so it never tangles. | #e0a08f
        Magnetic Tidy USB-C Cable | 16.9 | 45 | Coils itself and stays coiled. | #d0563f`,
      closing: 'Bent twenty thousand times in our jig before we signed it off.',
    },
    {
      category: 'cables',
      shape: 'cable',
      tags: ['cable', 'video', 'network'],
      options: [
        {
          name: 'Length',
          values: [
            ['1 m', 1],
            ['3 m', 1.5, 2.6],
            ['5 m', 2, 4.2],
          ],
        },
      ],
      items: `
        HDMI 2.1 Cable | 14.9 | 90 | Carries 4K at 120 frames, and we watched it do so. | #3c4a58
        DisplayPort 2.1 Cable | 17.9 | 95 | With a latch that lets go when you ask. | #4a4f57
        USB-C to HDMI Cable | 24.9 | 80 | Laptop in one end, projector on the other, no box between. | #2f7f86
        Flat Network Cable Cat 6 | 8.9 | 50 | Slides under carpets and doors. | #d9d3c4
        Shielded Network Cable Cat 8 | 15.9 | 110 | More than your house needs, for less than you would think. | #b5533f
        Headphone Extension Cable | 9.9 | 45 | Spiral copper shield, so it does not crackle. | #6a4c6d`,
      closing: 'Tested end to end and numbered.',
    },
    {
      category: 'power',
      shape: 'charger',
      tags: ['charger', 'usb-c'],
      options: [{ name: 'Plug', values: ['EU', 'UK'] }],
      items: `
        Pebble Charger 20 W | 15.9 | 48 | The smallest we know that does not run hot. | #e3dccb
        Twin Charger 35 W | 27.9 | 86 | Two ports that share without sulking. | #8fb0b8
        Laptop Charger 65 W | 39.9 | 115 | Gallium nitride, a third of the size of the old brick. | #3c4a58
        Desk Charger 100 W, Four Ports | 64.9 | 260 | One socket for the whole desk, with a weighted foot. | #5a6a8a
        Travel Charger with Swap Plugs | 44.9 | 170 | Plugs for most of the world in one pouch. | #d9a79a
        Kitchen Shelf Charger | 33.9 | 140 | A ledge holds the phone while it charges. | #a9b48a
        Wall Charger with Night Light | 24.9 | 95 | A warm glow you can turn off, unlike most. | #e8c97a`,
      closing: 'Efficiency and idle draw are printed on the side.',
    },
    {
      category: 'power',
      shape: 'powerbank',
      tags: ['power bank', 'travel'],
      items: `
        Pocket Power Bank 10,000 mAh | 34.9 | 185 | Two full phone charges in the size of a card case. | #2f7f86
        Slim Power Bank 5,000 mAh | 22.9 | 105 | Thin enough to forget in a coat. | #d9843b
        Laptop Power Bank 25,000 mAh | 94.9 | 560 | Fills a laptop once and is still allowed on aircraft. | #3c4a58
        Magnetic Power Bank 6,000 mAh | 39.9 | 150 | Clicks to the back of a phone and charges without a cable. | #e3dccb
        Outdoor Power Bank 15,000 mAh | 49.9 | 330 | Rubber corners, sealed ports and a torch. | #5d7350
        Power Bank with Built-in Cable | 36.9 | 210 | The cable is the carrying loop. | #b5533f
        Winter Power Bank 12,000 mAh | 54.9 | 290 | Chemistry that still works at minus twenty; we live here. | #7d93a6`,
      closing: 'The capacity on the label is what comes out, not what goes in.',
    },
    {
      category: 'audio',
      shape: 'headphones',
      tags: ['audio', 'headphones'],
      options: [colour],
      items: `
        Over-ear Headphones, Wired | 59 | 240 | Closed backs, a replaceable cable and no battery to die. | #5f7f86
        Wireless Headphones with Quiet Mode | 129 | 265 | Thirty hours, and real buttons you can find in the dark. | #3c4a58
        Folding On-ear Headphones | 49 | 160 | Fold flat for a coat pocket. | #b5533f
        Children's Headphones, 85 dB | 29.9 | 140 | Limited in hardware, so no setting can undo it. | #e0a23b
        Studio Monitor Headphones | 99 | 290 | Flat, honest and unkind to bad recordings. | #4a4f57
        Sleep Headband with Speakers | 34.9 | 90 | Soft enough to lie on your side. | #6a4c6d
        Call Headset with Boom Microphone | 69 | 170 | Your colleagues hear you and not your kettle. | #7a8a7a`,
      closing: 'Pads, band and battery can all be replaced with one screwdriver.',
    },
    {
      category: 'cases',
      shape: 'phone',
      tags: ['phone case'],
      options: [
        {
          name: 'Fits',
          values: [
            ['Small 6.1 inch', 1],
            ['Large 6.7 inch', 1.1, 1.2],
          ],
        },
      ],
      title: '{kind} {item}',
      kinds: `
        Bog Green | 1 | A muted green from the wetlands outside town. | #5d7350
        Baltic Blue | 1 | A cold blue, as the sea is in April. | #3f6f9a
        Roof Tile | 1 | The red of the old town seen from above. | #b5583f
        Oatmeal | 1 | A pale neutral that shows a life lived. | #d6c6a5`,
      items: `
        Soft Silicone Case | 16.9 | 34 | Velvet inside, grippy outside and raised round the lens.
        Recycled Shell Case | 14.9 | 28 | Moulded from fishing nets, thin and stiff.
        Wallet Case in Felt | 29.9 | 70 | Wool felt with room for three cards and a key.
        Ring Stand Case | 19.9 | 45 | A ring to hold it by, or to stand it against a sugar bowl.`,
      closing: 'Cut for wireless charging.',
    },
  ],
}
