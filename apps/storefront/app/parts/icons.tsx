import type { ReactNode } from 'react'

// Drawn here: two dozen lines, where an icon library in the first page would be more than the page itself.
const icon = (path: ReactNode) =>
  function Icon({ className = 'size-5' }: { className?: string }) {
    return (
      <svg
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        className={className}
      >
        {path}
      </svg>
    )
  }

export const SearchIcon = icon(
  <>
    <circle cx="11" cy="11" r="6.5" />
    <path d="m20 20-4.2-4.2" />
  </>,
)
export const CartIcon = icon(
  <>
    <path d="M5 8h14l-1.2 11H6.2z" />
    <path d="M9 10.5V7a3 3 0 0 1 6 0v3.5" />
  </>,
)
export const PersonIcon = icon(
  <>
    <circle cx="12" cy="8.2" r="3.7" />
    <path d="M5 20c.8-4 3.5-6 7-6s6.200 2 7 6" />
  </>,
)
export const HeartIcon = icon(
  <path d="M12 20s-7.500-4.600-7.500-10A4.300 4.300 0 0 1 12 7.300 4.300 4.300 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10z" />,
)
export const TruckIcon = icon(
  <>
    <path d="M3 6.500h11v10H3zM14 10h4l3 3.500v3h-7z" />
    <circle cx="7.500" cy="17.500" r="1.700" />
    <circle cx="17" cy="17.500" r="1.700" />
  </>,
)
export const CheckIcon = icon(<path d="m5 12.500 4.500 4.500L19 7.500" />)
export const BackIcon = icon(
  <>
    <path d="M4 9h11a5 5 0 0 1 0 10h-4" />
    <path d="m8 5-4 4 4 4" />
  </>,
)
export const LockIcon = icon(
  <>
    <rect x="5" y="11" width="14" height="9" rx="2" />
    <path d="M8 11V8a4 4 0 0 1 8 0v3" />
  </>,
)
export const ChevronIcon = icon(<path d="m9 6 6 6-6 6" />)
export const ClockIcon = icon(
  <>
    <circle cx="12" cy="12" r="8" />
    <path d="M12 7.500V12l3 2" />
  </>,
)
export const CloseIcon = icon(<path d="M6 6l12 12M18 6 6 18" />)

// Five in one path: lists show many of them.
const stars = [0, 1, 2, 3, 4]
  .map(
    (at) =>
      `M${12 + at * 24} 3.6l2.6 5.3 5.800.8-4.200 4.100 1 5.800-5.200-2.700-5.200 2.700 1-5.800-4.200-4.100 5.800-.8z`,
  )
  .join('')
/** Filled to the nearest tenth; said in words for those who do not see it. */
export function Stars({ rating, label, className = 'h-4' }: { rating: number; label: string; className?: string }) {
  return (
    <svg viewBox="0 0 120 24" role="img" aria-label={label} className={className}>
      <path d={stars} fill="var(--color-line)" />
      <path
        d={stars}
        fill="var(--color-accent)"
        style={{ clipPath: `inset(0 ${100 - Math.round(rating * 200) / 10}% 0 0) view-box` }}
      />
    </svg>
  )
}
