import { type ReactNode, useEffect, useRef } from 'react'

/** What may be wider than a small screen: it scrolls by itself, by the keyboard, too, while there is anything to scroll. */
export function Scroller({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => {
    const section = place.current
    if (section === null) return
    const look = () => {
      if (section.scrollWidth > section.clientWidth) section.tabIndex = 0
      else section.removeAttribute('tabindex')
    }
    const watch = new ResizeObserver(look)
    watch.observe(section)
    if (section.firstElementChild) watch.observe(section.firstElementChild)
    look()
    return () => watch.disconnect()
  })
  return (
    <section className="scroller" aria-label={label} ref={place}>
      {children}
    </section>
  )
}
