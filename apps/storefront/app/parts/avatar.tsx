import { cx } from '@souk/ui/plain'
import { ownPicture } from './picture.tsx'

/** Somebody's face, or the letters of their name where there is none. An ornament beside the name: nothing is read out. */
export function Avatar({ url, name, className }: { url: string | undefined; name: string; className?: string }) {
  const path = url === undefined ? undefined : ownPicture(url)
  const shape = cx('size-14 shrink-0 rounded-full', className)
  if (path !== undefined)
    return <img src={path} alt="" width={160} height={160} decoding="async" className={cx(shape, 'object-cover')} />
  return (
    <span aria-hidden="true" className={cx(shape, 'display grid place-items-center bg-accent-soft text-accent-strong')}>
      {lettersOf(name)}
    </span>
  )
}

/** "Ada King Lovelace" → AL. */
export function lettersOf(name: string): string {
  const words = name.trim().split(/\s+/u)
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map((word) => [...(word ?? '')][0]?.toLocaleUpperCase() ?? '').join('')
}
