import type { Trade } from '../trade.ts'

export const hardware: Trade = {
  shop: {
    key: 'hardware',
    name: 'Nagel & Winkel Hardware',
    slug: 'nagel-winkel-hardware',
    tagline: 'One screw or a thousand',
    description:
      'Three floors of drawers by the Hamburg canals, run by the same family since 1931. We sell what we would use ourselves and we still count screws by the piece.',
    trade: 'Hardware',
    city: 'Hamburg',
    countryCode: 'DE',
    currency: 'EUR',
    phone: '+494066969120',
    email: 'hardware@souk.example',
    shape: 'hammer',
  },
  skuPrefix: 'NAW',
  shelf: [8, 160],
  owner: 'Henrike Winkel',
  helper: 'Deniz Aydin',
  families: [
    {
      category: 'hand-tools',
      shape: 'hammer',
      tags: ['tools', 'striking'],
      items: `
        Ash-handled Claw Hammer | 24.9 | 680 | A well-balanced 450 g head wedged on straight-grained ash.
        Joiner's Hammer 300 g | 18.5 | 430 | The slim pein starts small nails without hitting fingers.
        Rubber Mallet, White Head | 14.9 | 520 | It leaves no marks on tiles or furniture.
        Beech Carpenter's Mallet | 19.9 | 610 | For chisels, tent pegs and stubborn drawers.
        Tack Hammer with Magnetic Tip | 16.5 | 240 | Holds the tack for you on the first tap.
        Club Hammer 1 kg | 21.5 | 1250 | Short handle, heavy head, for stone and old plaster.`,
      closing: 'Loose handles are re-wedged here free of charge.',
    },
    {
      category: 'hand-tools',
      shape: 'screwdriver',
      tags: ['tools', 'screwdrivers'],
      items: `
        Slotted Screwdriver 5.5 mm | 7.9 | 95 | A ground tip that fills the slot and does not climb out.
        Crosshead Screwdriver PH2 | 8.5 | 105 | The size for nearly every screw in the house.
        Torx Screwdriver T20 | 8.9 | 105 | Fits the screws in most modern hinges and decks.
        Stubby Screwdriver with Two Tips | 9.9 | 90 | For the screw behind the pipe where nothing else goes.
        Precision Screwdriver Set, 6 Pieces | 17.9 | 180 | Turning caps on top, for spectacles, clocks and laptops.
        Ratchet Screwdriver with 12 Bits | 29.9 | 340 | The bits live in the handle, so they stay together.
        Insulated Electrician's Screwdriver | 10.9 | 110 | Tested to 1,000 volts; still, switch off first.`,
      closing: 'Chrome-vanadium steel, with a handle that suits wet hands.',
    },
    {
      category: 'hand-tools',
      shape: 'pliers',
      tags: ['tools', 'pliers'],
      options: [
        {
          name: 'Length',
          values: [
            ['160 mm', 1],
            ['200 mm', 1.2, 1.4],
          ],
        },
      ],
      items: `
        Combination Pliers | 18.9 | 210 | Grip, bend and cut: the pair for the kitchen drawer.
        Side Cutters | 19.9 | 200 | Hardened edges that go through piano wire.
        Long-nose Pliers | 18.5 | 170 | Reaches into sockets, pipes and fishing reels.
        Water Pump Pliers | 24.5 | 320 | Adjusts at the push of a button and does not slip.
        Wire Stripping Pliers | 22.9 | 180 | Set the screw once and it never nicks the copper.`,
      closing: 'Forged in Remscheid and guaranteed for ten years.',
    },
    {
      category: 'hand-tools',
      shape: 'tape',
      tags: ['tools', 'measuring'],
      options: [
        {
          name: 'Length',
          values: [
            ['3 m', 1],
            ['5 m', 1.35, 1.6],
          ],
        },
      ],
      items: `
        Pocket Tape Measure | 7.9 | 140 | The hook slides by its own thickness, so inside and outside both read true.
        Magnetic Tape Measure | 11.9 | 180 | Sticks to steel beams and finds its own way home.
        Left-handed Tape Measure | 12.9 | 150 | Figures the right way up for the other tenth of us.
        Wide-blade Tape Measure | 13.9 | 210 | Stands out two metres without folding.`,
      closing: 'Accuracy class II, printed on both sides.',
    },
    {
      category: 'fixings',
      shape: 'screw',
      tags: ['fixings', 'screws'],
      options: [
        {
          name: 'Length',
          values: [
            ['20 mm', 1],
            ['40 mm', 1.35, 1.8],
            ['60 mm', 1.8, 2.6],
          ],
        },
      ],
      items: `
        Brass Wood Screws, Box of 100 | 8.9 | 180 | Slotted heads that look right on old furniture. | #c2a15a
        Stainless Deck Screws, Box of 100 | 14.9 | 260 | A2 steel, cut point, so most boards need no pilot hole. | #a9b3b9
        Zinc Chipboard Screws, Box of 200 | 7.5 | 420 | The everyday screw, with a partial thread that pulls boards tight. | #b7b2a2
        Black Drywall Screws, Box of 250 | 6.9 | 380 | Fine thread for metal studs. | #5c5f66
        Round-head Brass Screws, Box of 50 | 7.9 | 110 | For handles, plates and ship models. | #c9a24d
        Hex Coach Screws, Box of 25 | 11.5 | 700 | When a beam has to stay where it is. | #8f959b`,
      closing: 'Sold in card boxes that close again.',
    },
    {
      category: 'fixings',
      shape: 'hook',
      tags: ['fittings', 'hooks'],
      kinds: `
        Brass | 1.25 | Solid brass that darkens unless you polish it. | #b98f4a
        Black Iron | 1 | Forged iron, waxed rather than painted. | #4a4f57
        Brushed Steel | 1.1 | Stainless, so it may live in the bathroom. | #a9b3b9`,
      items: `
        Coat Hook | 8.9 | 160 | Deep enough for a winter coat with its loop torn off.
        Cup Hooks, Set of 10 | 5.9 | 90 | Screw in by hand once the hole is started.
        Hook Rail with Three Hooks | 34 | 900 | On a 50 cm oak board with two keyhole plates behind.
        Double Hat Hook | 11.5 | 220 | Hat above, bag below.`,
      closing: 'Matching screws are in the packet.',
    },
    {
      category: 'paint',
      shape: 'paint',
      tags: ['paint', 'finishes'],
      options: [
        {
          name: 'Tin',
          values: [
            ['0.75 l', 1],
            ['2.5 l', 2.7, 3.2],
          ],
        },
      ],
      title: '{item}, {kind}',
      kinds: `
        Harbour Grey | 1 | A grey that leans to blue in the morning. | #8598a6
        Brick Red | 1.05 | The red of the warehouses across the water. | #b5583f
        Chalk White | 0.95 | A soft white without any yellow. | #e9e4d8
        Elbe Green | 1.05 | Dark enough for a front door, calm enough for a room. | #5d7f6b`,
      items: `
        Matt Wall Paint | 19.9 | 1100 | One coat covers over white, two over anything else.
        Satin Wood Lacquer | 22.9 | 950 | Water-based, for doors and window frames, dry in two hours.`,
      closing: 'We keep the recipe, so a later tin will match.',
    },
    {
      category: 'paint',
      shape: 'tin',
      tags: ['finishes', 'wood care'],
      items: `
        Hard Wax Oil, Clear | 27.9 | 850 | For oak floors and table tops, thin coats with a cloth. | #c79a3b
        Linseed Oil Varnish | 12.9 | 980 | Cold-pressed; hang the cloths out flat, they can catch fire. | #b07c33
        Beeswax Polish | 9.9 | 320 | Smells of the hive and takes out ring marks. | #d9b04a
        Shellac Flakes | 18.9 | 250 | Dissolve overnight in spirit for a finish from another century. | #a8672f`,
      closing: 'A sample for your own wood costs nothing at the counter.',
    },
  ],
}
