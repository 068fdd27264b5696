import type { OptionSpec, Trade } from '../trade.ts'

const weight: OptionSpec = {
  name: 'Weight',
  values: [
    ['250 g', 1],
    ['1 kg', 3.6, 4],
  ],
}

export const coffee: Trade = {
  shop: {
    key: 'coffee',
    name: 'Torra & Folha',
    slug: 'torra-e-folha',
    tagline: 'Roasted on Tuesday, poured by Friday',
    description:
      'A small roastery and tea room in Porto. We buy coffee by the sack and tea by the chest from people whose names we know, and roast twice a week in a 12 kg drum.',
    trade: 'Coffee and tea',
    city: 'Porto',
    countryCode: 'PT',
    currency: 'EUR',
    phone: '+351220000146',
    email: 'coffee@souk.example',
    shape: 'cup',
  },
  skuPrefix: 'TOF',
  shelf: [8, 120],
  owner: 'Beatriz Carvalho',
  helper: 'Tiago Nunes',
  families: [
    {
      category: 'coffee',
      shape: 'bag',
      tags: ['coffee', 'single origin'],
      options: [weight, { name: 'Grind', values: ['Whole bean', 'Filter', 'Espresso'] }],
      items: `
        Ethiopia Guji Washed | 11.9 | 250 | Jasmine, lemon and a clean finish like black tea.
        Kenya Nyeri AA | 13.5 | 250 | Blackcurrant and a brightness that wakes the table.
        Colombia Huila | 10.5 | 250 | Caramel and red apple, the easy one to love.
        Guatemala Huehuetenango | 10.9 | 250 | Milk chocolate and orange peel from high, cold slopes.
        Brazil Cerrado Natural | 9.5 | 250 | Hazelnut, low acidity and a heavy body.
        Costa Rica Yellow Honey | 12.5 | 250 | Dried on the fruit for a syrupy sweetness.
        Rwanda Lake Kivu | 11.5 | 250 | Plum and brown sugar, from a cooperative of 900 growers.
        Sumatra Wet-hulled | 10.9 | 250 | Cedar, cocoa and the smell of rain.
        Peru Cajamarca Organic | 10.2 | 250 | Soft and nutty, good for a large pot.
        Timor-Leste Ermera | 10.9 | 250 | Clove and molasses from shade-grown trees.`,
      closing: 'The roast date is stamped on the bag; give it five days before the first cup.',
    },
    {
      category: 'coffee',
      shape: 'bag',
      tags: ['coffee', 'blend'],
      options: [weight, { name: 'Grind', values: ['Whole bean', 'Moka pot', 'Espresso'] }],
      items: `
        Ribeira House Blend | 8.9 | 250 | Brazil and Guatemala, what we pour at the counter all day. | #7d5a46
        Cimbalino Espresso Blend | 9.4 | 250 | A fifth robusta for the crema that Porto expects. | #3f4a5a
        Breakfast Blend | 8.7 | 250 | Bright but patient, and it takes milk. | #c8a97e
        Decaf Mountain Water | 10.8 | 250 | Mexican beans, decaffeinated with nothing but water. | #5f7a6b
        Half-caff Blend | 9.8 | 250 | For the cup after lunch that you will not regret. | #b86b4b`,
      closing: 'We adjust the recipe each season so that the taste stays put.',
    },
    {
      category: 'tea',
      shape: 'tin',
      tags: ['tea', 'loose leaf'],
      options: [
        {
          name: 'Format',
          values: [
            ['Tin 100 g', 1],
            ['Refill 250 g', 2, 1.6],
          ],
        },
      ],
      items: `
        Darjeeling First Flush | 16.9 | 180 | Picked in March, with the green smell of cut grass. | #c79a3b
        Assam Golden Tips | 12.5 | 180 | Malt and honey, strong enough for a spoon to stand. | #a8672f
        Keemun Congou | 11.9 | 180 | A gentle black tea with a trace of cocoa. | #7a4f43
        Smoked Lapsang | 12.2 | 180 | Dried over pine fires, for cold evenings and sauces. | #4d4a52
        Azores Green Leaf | 10.9 | 180 | From the oldest tea garden in Europe, out in the Atlantic. | #6f9a63
        Sencha of Shizuoka | 14.5 | 180 | Steamed, sweet and grassy; use water at 70 degrees. | #7f9a4f
        Jasmine Pearls | 18.5 | 180 | Rolled by hand and scented on six nights with fresh flowers. | #9db8a4
        Gunpowder Green | 8.9 | 180 | Tight pellets that ask for fresh mint. | #5f7a6b
        Iron Goddess Oolong | 17.2 | 180 | Seven infusions, and the third is the best. | #3d7a73
        White Peony | 15.8 | 180 | Buds and young leaves with a taste of melon. | #b9b48a
        Earl Grey with Bergamot Peel | 10.4 | 180 | Oil from Calabria and a light hand. | #3d5a73
        Masala Chai | 9.9 | 180 | Cardamom first, then ginger, then everything else. | #b5533f
        Lemon Verbena | 8.4 | 120 | Whole leaves from the Douro, free of caffeine. | #a9b44a
        Rooibos with Orange | 8.2 | 180 | Round, red and good with milk. | #c4633a
        Chamomile Flowers | 7.9 | 110 | Whole heads, so the cup stays clear. | #dcb74a
        Mountain Mint | 7.6 | 110 | Three mints grown on one terrace. | #4f9a7f`,
      closing: 'One rounded spoon to the cup, and keep the lid on.',
    },
    {
      category: 'brewing',
      shape: 'dripper',
      tags: ['brewing', 'filter'],
      items: `
        Ceramic Dripper for Two Cups | 24.9 | 420 | Spiral ribs and one wide hole, the quick way to a clear cup.
        Glass Carafe with Wooden Collar | 46 | 620 | Six cups, and the collar comes off for washing.
        Steel Mesh Filter | 19.5 | 110 | No paper, more body and a little silt.
        Filter Stand in Oak | 38 | 780 | Holds any dripper above any mug.
        Cold Brew Carafe 1 l | 32.9 | 690 | Fill before bed, pour at breakfast.`,
      closing: 'We show you how at the counter any morning.',
    },
    {
      category: 'brewing',
      shape: 'tin',
      tags: ['brewing', 'grinder'],
      items: `
        Compact Burr Hand Grinder | 79 | 520 | Steel burrs, thirty clicks from espresso to press, and it fits in a coat pocket. | #5b6b78
        Walnut Box Grinder | 64 | 980 | A drawer below and a crank above, as at your grandmother's. | #7d5a46
        Travel Grinder with Strap | 54 | 390 | Ceramic burrs for one cup on a hilltop. | #3d5a73
        Airtight Coffee Canister | 27.5 | 430 | A valve lets gas out and nothing in. | #b5533f
        Tea Caddy with Inner Lid | 18.9 | 210 | Two lids keep leaves fresh for a year. | #5f7a6b`,
      closing: 'Spare parts are kept in a drawer here for ten years.',
    },
    {
      category: 'brewing',
      alsoIn: 'tea-ware',
      shape: 'teapot',
      tags: ['brewing', 'teapot'],
      options: [{ name: 'Colour', values: ['Cream', 'Sea blue', 'Moss'] }],
      items: `
        Stoneware Teapot with Sieve | 34.9 | 820 | A deep steel sieve, so the leaves have room. | #8ea397
        Porcelain Pot for One | 26.5 | 480 | Two cups and no argument. | #d8c3a5
        Enamel Kettle 1.5 l | 39.9 | 900 | For gas and induction, with a whistle that can be taken off. | #6f8799
        Cast Iron Teapot | 59 | 1900 | Keeps a pot warm through a whole film. | #4d4a52`,
      closing: 'Rinse, dry and leave the lid ajar.',
    },
    {
      category: 'brewing',
      shape: 'cup',
      tags: ['brewing', 'cups'],
      items: `
        Espresso Cups, Set of 4 | 32 | 760 | Thick walls that hold the heat of 60 ml.
        Cappuccino Cup and Saucer | 14.9 | 390 | Wide enough for a tulip in the milk.
        Tasting Bowls, Set of 6 | 42 | 1400 | The bowls we use at the cupping table.`,
      closing: 'Made for us by a pottery in Barcelos.',
    },
  ],
}
