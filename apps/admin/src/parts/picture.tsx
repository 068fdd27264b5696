import { cx } from '@souk/ui'
import { ImageOff } from 'lucide-react'
import { useState } from 'react'

type Shown = { url: string; alt: string }

/** A picture of ours; what is missing, broken or elsewhere leaves its room. */
export function Picture({
  picture,
  size = 'md',
  className,
}: {
  picture: Shown | undefined
  size?: 'xs' | 'sm' | 'md' | 'lg'
  className?: string
}) {
  const [broken, setBroken] = useState<string>()
  const box = cx(
    'shrink-0 rounded-md bg-sunken',
    { xs: 'size-6', sm: 'size-8', md: 'size-20', lg: 'size-32' }[size],
    className,
  )
  const own = picture !== undefined && (picture.url.startsWith('/') || picture.url.startsWith(`${location.origin}/`))
  if (picture === undefined || !own || broken === picture.url)
    return (
      <span className={cx(box, 'grid place-items-center text-quiet')} title={picture?.alt}>
        <ImageOff className="size-2/5" aria-hidden="true" />
      </span>
    )
  return (
    <img
      src={picture.url}
      alt={picture.alt}
      loading="lazy"
      className={cx(box, 'object-cover')}
      onError={() => setBroken(picture.url)}
    />
  )
}
