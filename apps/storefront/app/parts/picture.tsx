import { cx } from '@souk/ui/plain'

type Drawn = { url: string; alt: string } | undefined

/** Only pictures that this store serves itself are shown: an address of a shop's own would tell it who looks. */
export const ownPicture = (url: string): string | undefined => {
  const path = URL.canParse(url) ? new URL(url).pathname : url
  return /^\/(v1\/pictures|media)\/[\w./-]+$/.test(path) && !path.includes('..') ? path : undefined
}

const widths = [160, 480, 960, 1600] as const
/** Media are kept in several sizes, named by width: "/media/{id}/960.webp". */
const sizesOf = (path: string): string | undefined => {
  const base = /^(\/media\/[^/]+)\/\d+\.webp$/.exec(path)?.[1]
  return base && widths.map((width) => `${base}/${width}.webp ${width}w`).join(', ')
}

export function Picture({
  picture,
  alt,
  sizes,
  priority = false,
  className,
}: {
  picture: Drawn
  /** Empty where the text beside it says it. */
  alt: string
  sizes: string
  /** The largest thing of the page: fetched first. */
  priority?: boolean
  className?: string
}) {
  const path = picture && ownPicture(picture.url)
  if (path === undefined)
    return (
      <span
        className={cx('grid aspect-square place-items-center bg-sunken text-line', className)}
        {...(alt !== '' && { role: 'img', 'aria-label': alt })}
      >
        <svg viewBox="0 0 24 24" className="w-1/3" fill="none" stroke="currentColor" aria-hidden="true">
          <rect x="4" y="5" width="16" height="14" rx="2" />
          <path d="m5 17 5-5 3 3 3-2 3 3" />
        </svg>
      </span>
    )
  const sources = sizesOf(path)
  return (
    <img
      src={path}
      alt={alt}
      {...(sources !== undefined && { srcSet: sources, sizes })}
      width={640}
      height={640}
      loading={priority ? 'eager' : 'lazy'}
      fetchPriority={priority ? 'high' : 'auto'}
      decoding={priority ? 'sync' : 'async'}
      className={cx('aspect-square w-full object-cover', className)}
    />
  )
}
