/** Nobody waits longer than this for what stands beside the thing itself. */
const patienceMs = 700

/** Parts of a page that may be missing without the page being wrong. One that comes too late is kept for the next page. */
export function perhaps<Value, Otherwise>(read: Promise<Value>, otherwise: Otherwise): Promise<Value | Otherwise> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(otherwise), patienceMs)
    read.then(resolve, () => resolve(otherwise)).finally(() => clearTimeout(late))
  })
}
