import type { OptionSpec, Trade } from '../trade.ts'

const frame: OptionSpec = {
  name: 'Frame',
  values: [
    ['48 cm', 1, 0.98],
    ['53 cm', 1],
    ['58 cm', 1, 1.03],
  ],
}

export const bicycles: Trade = {
  shop: {
    key: 'bicycles',
    name: 'Rijwielhuis Van Dam',
    slug: 'rijwielhuis-van-dam',
    tagline: 'Bicycles for the other 350 days',
    description:
      'A bicycle shop and workshop by the Oudegracht in Utrecht. We build city bikes to last through Dutch winters and sell the parts to keep any bicycle on the road.',
    trade: 'Bicycles',
    city: 'Utrecht',
    countryCode: 'NL',
    currency: 'EUR',
    phone: '+31300550133',
    email: 'bicycles@souk.example',
    shape: 'bicycle',
  },
  skuPrefix: 'VDM',
  shelf: [2, 45],
  owner: 'Joost van Dam',
  helper: 'Fatima El Idrissi',
  families: [
    {
      category: 'bikes',
      shape: 'bicycle',
      tags: ['bicycle', 'city'],
      options: [frame],
      title: '{item}, {kind}',
      kinds: `
        Canal Green | 1 | The green of old lock gates, powder-coated. | #5d7f6b
        Brick Orange | 1 | Easy to find again outside the station. | #d0663a
        Slate Blue | 1 | Quiet and does not show the rain. | #5a78a8`,
      items: `
        Oudegracht City Bike | 749 | 17500 | Seven hub gears, a closed chain case and hub brakes that work wet.
        Vecht Tourer | 1090 | 15200 | Twenty-seven gears and bosses for three bottles and two racks.
        Bakfiets Mini Cargo Bike | 1890 | 32000 | Carries two children or a week of shopping in front of you.
        Polder Single Speed | 549 | 11800 | One gear, one brake in the hub and nothing else to adjust.`,
      closing: 'Built, trued and ridden round the block before it leaves.',
    },
    {
      category: 'bikes',
      shape: 'bicycle',
      tags: ['bicycle', 'children'],
      options: [
        {
          name: 'Wheel',
          values: [
            ['16 inch', 1],
            ['20 inch', 1.15, 1.2],
          ],
        },
      ],
      items: `
        Kikker Children's Bike | 279 | 8200 | Low step, light frame and a bell that gets used. | #6d9a5b
        Vosje Children's Bike | 299 | 7900 | Aluminium, with brake levers sized for small hands. | #d0663a
        Dolfijn Children's Bike | 289 | 8400 | Mudguards and a rack as on a grown-up's bike. | #2f7f86`,
      closing: 'We buy it back for a third of the price when it is outgrown.',
    },
    {
      category: 'bike-parts',
      shape: 'wheel',
      tags: ['parts', 'wheels', 'tyres'],
      options: [
        {
          name: 'Size',
          values: [
            ['26 inch', 1],
            ['28 inch', 1.08, 1.06],
          ],
        },
      ],
      items: `
        Puncture-guard City Tyre | 26.9 | 880 | Five millimetres of rubber between you and the glass. | #3d6f78
        Reflective Touring Tyre | 31.5 | 760 | A reflective line on both sides and an easy roll. | #c79a3b
        Winter Studded Tyre | 49.9 | 1050 | A hundred and forty-four studs for icy bridges. | #5b6b78
        Cream Classic Tyre | 28.5 | 820 | For bicycles that are older than their riders. | #d9c08a
        Butyl Inner Tube | 6.9 | 190 | With a Dutch valve; tell us if you want another.
        Front Wheel with Dynamo Hub | 119 | 1850 | Lights for ever and a drag you will not notice.
        Rear Wheel with Coaster Brake | 99 | 2300 | Thirty-six spokes, laced by Joost on Mondays.
        Front Wheel, Double-wall Rim | 64.9 | 1150 | A straight replacement for pothole casualties.`,
      closing: 'Fitted for ten euros while you have coffee next door.',
    },
    {
      category: 'bike-parts',
      shape: 'bag',
      tags: ['bags', 'commuting'],
      options: [{ name: 'Colour', values: ['Sand', 'Graphite', 'Moss'] }],
      items: `
        Roll-top Pannier 20 l | 69.9 | 980 | Waterproof with welded seams, off the rack in one movement. | #5f7a6b
        Double Market Pannier | 54.9 | 1250 | Two open bags that swallow crates of leeks. | #b08a5c
        Handlebar Bag with Map Window | 46.9 | 620 | A lid that opens away from you, as it should. | #3f4a5a
        Saddle Bag for Tools | 19.9 | 140 | Room for a tube, levers and a folded banknote. | #7d5a46
        Canvas Front Crate Cover | 17.5 | 210 | Keeps the rain out of the bread. | #c8a97e`,
      closing: 'The hooks fit tubes from 8 to 16 mm.',
    },
    {
      category: 'bike-safety',
      shape: 'helmet',
      tags: ['safety', 'helmet'],
      options: [{ name: 'Size', values: ['S 51–55 cm', 'M 55–59 cm', 'L 59–63 cm'] }],
      title: '{kind} {item}',
      kinds: `
        Poppy Red | 1 | Bright enough for grey mornings. | #d0563f
        Lake Blue | 1 | A deep blue with a matt skin. | #3f6f9a
        Fern Green | 1 | Matt green with reflective piping. | #6d9a5b`,
      items: `
        Commuter Helmet | 59.9 | 340 | Rotational protection, a light in the dial and a brim for drizzle.
        Children's Helmet | 39.9 | 260 | A buckle that cannot pinch a chin.`,
      closing: 'Replace it after a fall, even a small one.',
    },
    {
      category: 'bike-safety',
      shape: 'lock',
      tags: ['safety', 'lock'],
      items: `
        Ring Lock for the Rear Wheel | 34.9 | 640 | Turn the key and shop for ten minutes.
        Plug-in Chain 120 cm | 42.9 | 1750 | Goes from the ring lock round the lamp-post.
        Folding Lock 85 cm | 69.9 | 1150 | Folds to the size of a bottle and clips to the frame.
        Hardened U-lock | 54.9 | 1400 | Thirteen millimetres of steel, four keys, one code for spares.
        Cable Lock with Numbers | 16.9 | 420 | For helmets and short stops, not for the night.
        Heavy Chain with Padlock | 89 | 3900 | As heavy as it looks and that is the point.`,
      closing: 'Your key number is on the card: photograph it.',
    },
    {
      category: 'bike-safety',
      shape: 'lamp',
      tags: ['safety', 'lights'],
      items: `
        Dynamo Headlight 60 Lux | 44.9 | 120 | Lights the path, not the faces of those who come towards you.
        Rechargeable Front Light | 29.9 | 95 | Six hours on low, a real cut-off beam and a rubber strap.
        Rear Light with Brake Signal | 24.9 | 60 | Glows brighter when you slow down.
        Clip-on Light Pair | 14.9 | 50 | The pair for the drawer, for guests and for forgetting.
        Retro Chrome Headlight | 37.9 | 260 | An old shape around a new diode.
        Wheel Reflector Strips, Set of 12 | 6.5 | 30 | Clip to the spokes and shine in every headlamp.`,
      closing: 'Legal on Dutch and German roads.',
    },
  ],
}
