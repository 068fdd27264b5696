import type { OptionSpec, Trade } from '../trade.ts'

const format: OptionSpec = {
  name: 'Format',
  values: [
    ['Paperback', 1],
    ['Hardback', 1.8, 1.6],
  ],
}

export const books: Trade = {
  shop: {
    key: 'books',
    name: 'Lantern Close Books',
    slug: 'lantern-close-books',
    tagline: 'Small presses, long evenings',
    description:
      'A bookshop down a narrow close in Edinburgh. We stock small presses that the chains overlook, and everything on the shelf has been read by one of us.',
    trade: 'Bookshop',
    city: 'Edinburgh',
    countryCode: 'GB',
    currency: 'GBP',
    phone: '+441314960142',
    email: 'books@souk.example',
    shape: 'books',
  },
  skuPrefix: 'LCB',
  shelf: [3, 40],
  owner: 'Isla Buchanan',
  helper: 'Rory McAllister',
  families: [
    {
      category: 'fiction',
      shape: 'book',
      tags: ['fiction', 'novel'],
      options: [format],
      items: `
        The Ferryman's Ledger | 10.99 | 290 | A ferryman writes down every passenger for forty years, and one name twice.
        Salt in the Letterbox | 9.99 | 260 | Two sisters share a house on the Fife coast and stop speaking for a winter.
        A House Facing North | 10.99 | 310 | An architect returns to the one building she is ashamed of.
        What the Tide Kept | 11.99 | 340 | A family saga told through the things washed up on one beach.
        The Quiet Apprentice | 9.99 | 270 | A clockmaker's boy in 1790s Leith hears more than he ought.
        Eleven Kinds of Rain | 10.99 | 300 | Linked stories from one street in Glasgow, one for every downpour.
        The Orchard Wall | 9.99 | 250 | Neighbours argue over three apple trees until it matters.
        Night Train to Trieste | 10.99 | 320 | A translator shares a compartment with the author who ruined her.
        Paper Boats | 8.99 | 210 | A short, funny novel about a very bad regatta.
        The Second Lighthouse | 11.99 | 360 | There is only one on the chart; the keeper knows of two.`,
      closing: 'One of us read it in two sittings and put it on the table by the door.',
    },
    {
      category: 'fiction',
      shape: 'book',
      tags: ['fiction', 'crime'],
      options: [format],
      items: `
        Death at the Book Fair | 9.99 | 300 | A rare atlas is missing and so is the man who sold it.
        The Cold Harbour Verdict | 9.99 | 310 | A retired sheriff reopens the case that made her name.
        Murder by Return of Post | 8.99 | 260 | A postmistress solves it from the handwriting alone.
        The Third Key | 9.99 | 290 | Everyone in the tenement has a key, and nobody will say for which door.
        A Body of Water | 10.99 | 320 | A reservoir dries out and an old village has an extra grave.
        Low Road, High Road | 9.99 | 280 | Two detectives, one stolen bus and a very long day.`,
      closing: 'Fair clues throughout, and we did not guess it.',
    },
    {
      category: 'fiction',
      shape: 'book',
      tags: ['fiction', 'science fiction', 'fantasy'],
      options: [format],
      items: `
        The Cartographer of Small Moons | 10.99 | 350 | A map-maker is paid by the crater and starts inventing them.
        Winter Engine | 9.99 | 310 | The machine that makes the seasons needs a new mechanic.
        The Glass Parliament | 11.99 | 400 | A city ruled by people who cannot lie, which is worse than it sounds.
        Seven Doors Down | 9.99 | 290 | The house at the end of the row has no inside.
        A Grammar of Dragons | 10.99 | 370 | A linguist is the only one who notices that they are asking questions.`,
      closing: 'It stands alone, so no waiting for a sequel.',
    },
    {
      category: 'non-fiction',
      shape: 'book',
      tags: ['non-fiction', 'nature', 'travel'],
      options: [format],
      items: `
        Walking the Drove Roads | 14.99 | 420 | Twelve old cattle routes across the Highlands, with maps that can be trusted.
        The Moss Year | 12.99 | 300 | A botanist looks at one square metre of bog for twelve months.
        Peat, Stone, Sky | 16.99 | 520 | A history of the moorland told from the ground up.
        Birds of a City Roof | 13.99 | 330 | Swifts, gulls and one peregrine above the Royal Mile.
        By Slow Boat | 12.99 | 340 | From Leith to Riga on cargo ships, with recipes.
        The River Under the Street | 14.99 | 380 | Buried rivers of nine cities and the people who swim in them.`,
      closing: 'There is a good index and the photographs are the author’s own.',
    },
    {
      category: 'non-fiction',
      shape: 'book',
      tags: ['non-fiction', 'cookery', 'craft'],
      options: [format],
      items: `
        Oats | 15.99 | 460 | Seventy recipes for one grain, and only nine of them porridge.
        The Patient Baker | 18.99 | 620 | Sourdough explained by temperature rather than by faith.
        One Pan, One Flame | 14.99 | 400 | Suppers for people with a single ring and little room.
        Mend | 13.99 | 350 | Darning, patching and gluing, with drawings you can follow.
        A Shelf and How to Put It Up | 11.99 | 280 | The most useful book in the shop, and the least read.
        Letters by Hand | 16.99 | 430 | A first course in lettering with a broad pen.
        Preserves for a Small Kitchen | 12.99 | 310 | Jams and pickles three jars at a time.`,
      closing: 'The binding lies flat on a worktop.',
    },
    {
      category: 'non-fiction',
      shape: 'book',
      tags: ['non-fiction', 'history', 'ideas'],
      options: [format],
      items: `
        A Short History of Queues | 12.99 | 300 | Why we stand in line, from bread to Saturday releases.
        The Price of Everything Small | 14.99 | 360 | What pins, matches and buttons tell about four centuries of trade.
        Ink and Empire | 18.99 | 540 | The merchants who supplied the world's clerks.
        Counting Sheep, Counting Stars | 13.99 | 320 | How people did sums before zero arrived.
        The Lamplighters | 14.99 | 380 | The last men who lit Edinburgh by hand, in their own words.
        Market Day | 16.99 | 450 | Six squares, six cities and a thousand years of haggling.`,
      closing: 'Lively, well sourced and not too long.',
    },
    {
      category: 'childrens-books',
      shape: 'book',
      tags: ['children', 'picture book'],
      options: [
        {
          name: 'Format',
          values: [
            ['Paperback', 1],
            ['Board book', 1.25, 1.7],
          ],
        },
      ],
      items: `
        Hamish and the Very Tall Hat | 7.99 | 190 | A small dog finds a hat with somebody in it. | #d0563f
        Where Do Trams Sleep? | 7.99 | 180 | A bedtime tour of the depot, with flaps. | #2f7f86
        The Puffin Who Missed Monday | 6.99 | 170 | He oversleeps and the week will not start without him. | #5a78a8
        Ten Wellies in a Row | 6.99 | 160 | A counting book with one missing boot to find. | #6d9a5b
        Grandpa's Noisy Shed | 7.99 | 200 | Made to be read aloud, and loudly. | #e0a23b
        Good Night, Forth Bridge | 7.99 | 180 | Lights go out one span at a time. | #6a4c6d
        The Biscuit Tin Orchestra | 8.99 | 210 | Everything in the kitchen plays something. | #c4714f
        A Small Brown Bear Goes Shopping | 6.99 | 170 | He has a list, but he cannot read it. | #b98a5e`,
      closing: 'Tested on the storytelling rug on Saturday mornings.',
    },
  ],
}
