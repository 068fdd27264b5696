export type Theme = 'system' | 'light' | 'dark'

const key = 'souk-theme'

/** What was chosen here before. */
export function chosenTheme(): Theme {
  try {
    const kept = localStorage.getItem(key)
    return kept === 'light' || kept === 'dark' ? kept : 'system'
  } catch {
    // Storage may be closed to us; the system's choice holds.
    return 'system'
  }
}

/** Show the page in this theme and remember it on this device. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    if (theme === 'system') localStorage.removeItem(key)
    else localStorage.setItem(key, theme)
  } catch {
    // As above.
  }
}
