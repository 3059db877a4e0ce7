// What every page needs before and beside NiceGUI: no flash of the wrong theme, nothing typed lost while the server is away,
// and notices of the system where they were allowed.
(() => {
  const THEME = 'sc-theme'
  const KEPT = 'sc-kept'

  const chosen = localStorage.getItem(THEME)
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.toggle('sc-dark', dark)

  window.socialclawTheme = (name) => {
    localStorage.setItem(THEME, name)
    const isDark = name === 'dark' || (name === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
    document.documentElement.classList.toggle('sc-dark', isDark)
  }

  window.socialclawNotify = (sentence) => {
    if (localStorage.getItem('sc-notify') === 'yes' && window.Notification && Notification.permission === 'granted')
      new Notification('SocialClaw', { body: sentence, tag: sentence, icon: '/static/icon-192.png' })
  }

  window.socialclawAskToNotify = async (wanted) => {
    if (wanted && window.Notification && Notification.permission === 'default') await Notification.requestPermission()
    const yes = wanted && window.Notification && Notification.permission === 'granted'
    localStorage.setItem('sc-notify', yes ? 'yes' : 'no')
    return yes
  }

  // --- while the server is away ---

  const away = () => window.socket && window.socket.connected === false
  const kept = () => JSON.parse(sessionStorage.getItem(KEPT) || '{}')
  const nameOf = (field) => field.getAttribute('aria-label') || field.labels?.[0]?.textContent || field.name
  const placeOf = (field) => `${location.pathname}\n${nameOf(field)}`
  const SECRET = ['password', 'file', 'hidden', 'checkbox', 'radio']

  document.addEventListener(
    'input',
    (event) => {
      const field = event.target
      if (!away() || !(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return
      if (SECRET.includes(field.type) || !nameOf(field)) return
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept(), [placeOf(field)]: field.value }))
    },
    true,
  )

  function giveBack() {
    const values = kept()
    let left = 0
    for (const field of document.querySelectorAll('main input, main textarea')) {
      const value = values[placeOf(field)]
      if (value === undefined) continue
      delete values[placeOf(field)]
      if (field.value === value) continue
      const proto = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype
      Object.getOwnPropertyDescriptor(proto, 'value').set.call(field, value)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    for (const place of Object.keys(values)) if (place.startsWith(`${location.pathname}\n`)) left += 1
    sessionStorage.setItem(KEPT, JSON.stringify(values))
    return left
  }

  window.addEventListener('load', () => {
    if (!Object.keys(kept()).length) return
    let tries = 0
    const again = setInterval(() => {
      if (window.socket?.connected && (giveBack() === 0 || ++tries > 20)) clearInterval(again)
    }, 250)
  })
})()
