// The calendar's board: the server draws it, this is what hands and keys do with it. A part of it is an element with
// data-part, which the server sends again when it changed; a cell is one with data-cell, a day or an hour of one. Days and
// hours are readings of the clocks in the workspace's zone, and the server alone decides what a move makes of them.
const FAR = 5
const HOLD_MS = 380
const TURN_MS = 650
const EDGE = 56
const NARROW = '(max-width: 699px)'
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

const dayOf = (key) => key.slice(0, 10)
const hourOf = (key) => (key.length > 10 ? Number(key.slice(11, 13)) : null)
const asDate = (day) => Date.UTC(...day.split('-').map((part, at) => Number(part) - (at === 1 ? 1 : 0)))
const later = (day, count) => new Date(asDate(day) + count * 864e5).toISOString().slice(0, 10)
const clock = (minutes) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
const filled = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name])

export default {
  template: '<div class="sc-board"></div>',
  props: { html: String, kind: String, columns: Number, words: Object, movable: Boolean, assumed: Boolean },

  mounted() {
    this.chosen = new Map()
    this.drag = this.start = this.follow = this.card = null
    this.show(this.html, this.kind, this.columns)
    this.listeners = [
      [this.$el, 'click', this.clicked],
      [this.$el, 'keydown', this.pressed],
      [this.$el, 'keyup', (event) => event.key === ' ' && event.target.dataset.post && event.preventDefault()],
      [this.$el, 'focusin', (event) => this.activate(event.target.closest('[data-cell]'))],
      [this.$el, 'pointerdown', this.grabbed],
      [document, 'pointerdown', this.elsewhere, true],
      [document, 'pointermove', this.pointed],
      [document, 'pointerup', this.dropped],
      [document, 'pointercancel', this.letGo],
      [document, 'keydown', this.pressedAnywhere, true],
      [document, 'touchmove', (event) => this.drag && event.preventDefault(), { passive: false }],
      [document, 'contextmenu', (event) => this.drag && event.preventDefault()],
    ]
    for (const [target, name, handler, options] of this.listeners) target.addEventListener(name, handler, options)
    if (this.assumed && this.kind !== 'list' && matchMedia(NARROW).matches) this.$emit('narrow')
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('calendar-ready')))
  },
  beforeUnmount() {
    this.letGo()
    for (const [target, name, handler, options] of this.listeners) target.removeEventListener(name, handler, options)
  },

  methods: {
    // --- what the server sends ---

    show(html, kind, columns, focus) {
      const held = this.held()
      this.shown = { kind, columns }
      this.$el.innerHTML = html
      this.$el.dataset.kind = kind
      this.marked()
      const scroller = this.$el.querySelector('[data-scroller]')
      const first = scroller?.querySelector('[data-first]')
      if (first) scroller.scrollTop = first.offsetTop - scroller.querySelector('[data-head]').offsetHeight
      this.activate(this.cell(focus) || this.$el.querySelector('[data-cell][aria-current]') || this.cells()[0])
      this.refocus(focus ? { cell: focus } : held)
      this.$el.querySelector('[data-strip] [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
    },
    patch(parts) {
      const held = this.held()
      const active = this.active?.dataset.cell
      for (const [key, html] of Object.entries(parts)) {
        const old = this.$el.querySelector(`[data-part="${key}"]`)
        if (old) old.outerHTML = html
      }
      this.marked()
      if (active && !this.active.isConnected) this.activate(this.cell(active))
      this.refocus(held)
      if (!this.$el.querySelector('.sc-cal-waits')) performance.mark('calendar-settled')
    },
    revised(revisions) {
      for (const [id, revision] of Object.entries(revisions)) if (this.chosen.has(id)) this.chosen.set(id, revision)
      if (this.chosen.size) this.told()
    },
    settled() {
      this.follow = null
    },
    picking(on) {
      this.picks = on
      this.$el.classList.toggle('sc-cal-picking', on)
      if (!on) this.unchoose()
    },
    unchoose() {
      this.chosen.clear()
      this.marked()
      this.told()
    },
    place(id) {
      const card = document.getElementById(id)
      const post = this.post(this.card)
      if (!card) return
      this.cardElement = card
      if (post && !matchMedia(NARROW).matches) {
        const at = post.getBoundingClientRect()
        const { offsetWidth: width, offsetHeight: height } = card
        const left = at.right + 10 + width < innerWidth ? at.right + 10 : at.left - width - 10
        card.style.left = `${Math.max(10, left > 10 ? left : innerWidth - width - 10)}px`
        card.style.top = `${Math.max(10, Math.min(at.top - 8, innerHeight - height - 10))}px`
      }
      card.classList.add('sc-cal-card-there')
      this.enterCard()
    },
    redrawn() {
      // what had the focus went with the old card, and left it to nobody
      if (document.activeElement === document.body) this.enterCard()
    },
    enterCard() {
      this.cardElement?.querySelector('a, button')?.focus()
    },
    closed() {
      const post = this.post(this.card)
      const inside = this.cardElement?.contains(document.activeElement)
      this.card = this.cardElement = null
      if (inside && post) post.focus()
    },

    // --- where things are ---

    cells() {
      return [...this.$el.querySelectorAll('[data-cell]')]
    },
    cell(key) {
      return key ? this.$el.querySelector(`[data-cell="${key}"]`) || this.$el.querySelector(`[data-cell^="${key}T"]`) : null
    },
    post(id) {
      return id ? this.$el.querySelector(`[data-post="${id}"]`) : null
    },
    held() {
      const focused = this.$el.contains(document.activeElement) ? document.activeElement : null
      return {
        post: this.follow || focused?.dataset.post,
        cell: focused?.closest('[data-cell]')?.dataset.cell,
      }
    },
    refocus(held) {
      if (this.cardElement?.contains(document.activeElement)) return
      const target = this.post(held.post) || this.cell(held.cell)
      if (!target || target.contains(document.activeElement)) return
      this.activate(target.closest('[data-cell]'))
      target.focus({ preventScroll: this.drag !== null })
    },
    activate(cell) {
      if (!cell || (cell === this.active && cell.isConnected && cell.tabIndex === 0)) return
      const reachable = (of, index) => {
        of.tabIndex = index
        for (const button of of.querySelectorAll('button')) button.tabIndex = index
      }
      if (this.active?.isConnected) reachable(this.active, -1)
      reachable(cell, 0)
      this.active = cell
    },

    // --- choosing several ---

    marked() {
      for (const post of this.$el.querySelectorAll('[data-post]')) {
        const { post: id, revision } = post.dataset
        if (this.chosen.has(id)) this.chosen.set(id, Number(revision))
        if (this.chosen.has(id)) post.setAttribute('aria-pressed', 'true')
        else post.removeAttribute('aria-pressed')
        post.classList.toggle('sc-cal-dragged', Boolean(this.drag?.posts[id]))
      }
    },
    told() {
      this.$emit('picked', { posts: Object.fromEntries(this.chosen) })
    },
    toggle(post, through) {
      const all = [...this.$el.querySelectorAll('[data-post]')]
      const from = through ? all.findIndex((other) => other.dataset.post === this.last) : -1
      const to = all.indexOf(post)
      const range = from < 0 ? [post] : all.slice(Math.min(from, to), Math.max(from, to) + 1)
      const on = from >= 0 || !this.chosen.has(post.dataset.post)
      for (const { dataset } of range)
        on ? this.chosen.set(dataset.post, Number(dataset.revision)) : this.chosen.delete(dataset.post)
      this.last = post.dataset.post
      this.marked()
      this.told()
    },
    together(post) {
      const { post: id, revision } = post.dataset
      return this.chosen.has(id) ? Object.fromEntries(this.chosen) : { [id]: Number(revision) }
    },

    // --- clicks ---

    clicked(event) {
      if (this.quiet) return
      const post = event.target.closest('[data-post]')
      if (post) {
        if (event.shiftKey || event.ctrlKey || event.metaKey || this.picks) return this.toggle(post, event.shiftKey)
        this.card = post.dataset.post
        return this.$emit('chosen', { id: this.card })
      }
      const { open, slot, jump } = event.target.closest('[data-open], [data-slot], [data-jump]')?.dataset || {}
      if (open) return this.$emit('day', { day: open })
      if (slot) return this.$emit('slot', { cell: slot })
      if (jump) return this.jump(jump)
      const cell = event.target.closest('[data-cell]')
      if (!cell || this.shown.kind === 'list' || getSelection()?.toString()) return
      if (this.shown.kind === 'month' && matchMedia(NARROW).matches) this.$emit('day', { day: cell.dataset.cell })
      else if (this.movable && !('past' in cell.dataset)) this.$emit('slot', { cell: cell.dataset.cell })
    },
    jump(day) {
      const sections = this.cells()
      const target = sections.find((section) => section.dataset.cell >= day) || sections.at(-1)
      if (!target) return
      target.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' })
      target.focus({ preventScroll: true })
    },
    elsewhere(event) {
      if (!this.cardElement || this.cardElement.contains(event.target)) return
      if (event.target.closest('.q-dialog, .q-menu, .q-notification, [data-post]')) return
      this.hush()
      this.$emit('closed')
      this.closed()
    },
    hush() {
      this.quiet = true
      const heard = () => setTimeout(() => (this.quiet = false), 0)
      document.addEventListener('pointerup', heard, { once: true })
    },

    // --- keys ---

    pressedAnywhere(event) {
      if (event.key === 'Escape' && this.drag) {
        event.stopPropagation()
        return this.letGo()
      }
      if (event.key === 'Escape' && this.cardElement && !document.querySelector('.q-dialog')) {
        event.stopPropagation()
        this.$emit('closed')
        return this.closed()
      }
      const typing = event.target instanceof Element && event.target.closest('input, textarea, [contenteditable=true]')
      if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !typing) {
        event.preventDefault()
        this.$emit('undo')
      }
    },
    pressed(event) {
      const post = event.target.closest('[data-post]')
      const cell = event.target.closest('[data-cell]')
      if (event.target.closest('[data-strip]') && STEPS[event.key]) {
        const [across, down] = STEPS[event.key]
        event.preventDefault()
        return (across + down < 0 ? event.target.previousElementSibling : event.target.nextElementSibling)?.focus()
      }
      if (!cell || event.altKey) return
      const held = event.ctrlKey || event.metaKey
      const step = STEPS[event.key]
      if (step && held && post) this.shift(post, cell, ...step)
      else if (step && !held) this.walk(cell, ...step)
      else if (event.key === 'PageUp' || event.key === 'PageDown') this.turn(event.key === 'PageUp' ? -1 : 1, null)
      else if (event.key === 'Home' || event.key === 'End') this.edge(cell, event.key === 'End')
      else if (event.key === ' ' && post) this.toggle(post, event.shiftKey)
      else if (event.key === 'Escape' && this.chosen.size) this.unchoose()
      else if (event.key === 'Enter' && event.target === cell) this.entered(cell)
      else return
      event.preventDefault()
    },
    entered(cell) {
      const key = cell.dataset.cell
      if (hourOf(key) === null) this.$emit('day', { day: key })
      else if (this.movable && !('past' in cell.dataset)) this.$emit('slot', { cell: key })
    },
    walk(cell, across, down) {
      const { kind, columns } = this.shown
      const cells = this.cells()
      const at = cells.indexOf(cell)
      const column = at % columns
      const leaves = kind === 'week' && (column + across < 0 || column + across >= columns)
      const next = leaves ? null : cells[at + across + down * columns]
      if (next) next.focus()
      else if (kind === 'month') this.turn(across + down, later(dayOf(cell.dataset.cell), across + 7 * down))
      else if (leaves) this.turn(across, later(dayOf(cell.dataset.cell), across) + cell.dataset.cell.slice(10))
    },
    edge(cell, last) {
      const cells = this.cells()
      const { columns } = this.shown
      const start = cells.indexOf(cell) - (cells.indexOf(cell) % columns)
      cells[last ? Math.min(start + columns, cells.length) - 1 : start]?.focus()
    },
    turn(by, focus) {
      this.$emit('turned', { by, focus })
    },
    shift(post, cell, across, down) {
      if (!this.movable) return
      const { kind } = this.shown
      const days = { month: across + 7 * down, list: across + down }[kind] ?? across
      const hours = kind === 'week' || kind === 'day' ? down : 0
      this.follow = post.dataset.post
      this.$emit('moved', { posts: this.together(post), days, hours, cells: [cell.dataset.cell] })
    },

    // --- dragging ---

    grabbed(event) {
      const post = event.target.closest('[data-post]')
      if (!post || event.button !== 0 || 'fixed' in post.dataset || !this.movable) return
      const { clientX: x, clientY: y, pointerType } = event
      this.start = { post, x, y, touch: pointerType === 'touch' }
      if (this.start.touch) this.start.timer = setTimeout(() => this.lift(x, y), HOLD_MS)
    },
    pointed(event) {
      const { clientX: x, clientY: y } = event
      if (this.start && Math.hypot(x - this.start.x, y - this.start.y) > FAR) {
        if (this.start.touch) this.forget()
        else this.lift(x, y)
      }
      if (this.drag) this.over(x, y)
    },
    forget() {
      clearTimeout(this.start?.timer)
      this.start = null
    },
    lift(x, y) {
      const post = this.post(this.start.post.dataset.post)
      this.forget()
      if (!post) return
      const posts = this.together(post)
      const ghost = document.createElement('div')
      ghost.className = 'sc-cal-ghost'
      ghost.append(post.cloneNode(true), document.createElement('p'))
      ghost.firstChild.style.width = `${Math.min(post.offsetWidth, 260)}px`
      document.body.append(ghost)
      const key = post.closest('[data-cell]').dataset.cell
      this.drag = { id: post.dataset.post, minute: Number(post.dataset.minute), elsewhere: 'zone' in post.dataset, posts, ghost, key, x, y }
      if (navigator.vibrate && matchMedia('(pointer: coarse)').matches) navigator.vibrate(15)
      this.marked()
      this.over(x, y)
      this.scrolling = setInterval(this.scroll, 16)
    },
    over(x, y) {
      const drag = this.drag
      Object.assign(drag, { x, y })
      drag.ghost.style.transform = `translate(${x + 12}px, ${y + 10}px)`
      const under = document.elementFromPoint(x, y)
      this.flip(under?.closest('[data-turn]'))
      const target = under?.closest('[data-drop]') || null
      if (target === drag.target && target?.isConnected) return
      drag.target?.classList.remove('sc-cal-target')
      drag.target = target
      target?.classList.add('sc-cal-target')
      drag.ghost.lastChild.textContent = this.foretold(target)
    },
    foretold(target) {
      if (!target) return ''
      const many = Object.keys(this.drag.posts).length
      const { drop, name, skips, repeats } = target.dataset
      const hour = hourOf(drop)
      const minute = hour === null || hourOf(this.drag.key) === null ? this.drag.minute : hour * 60 + (this.drag.minute % 60)
      const inside = (stretch) => {
        const [start, length] = (stretch || '0,0').split(',').map(Number)
        return !this.drag.elsewhere && many === 1 && minute >= start && minute < start + length ? length : 0
      }
      const time = clock(minute)
      const skipped = inside(skips)
      const told = many > 1 ? filled(this.words.several, { count: many, day: name }) : `${name} ${time}`
      if (skipped) return `${told}: ${filled(this.words.skipped, { time, to: clock(minute + skipped) })}`
      return inside(repeats) ? `${told}: ${filled(this.words.twice, { time })}` : told
    },
    flip(button) {
      if (button === this.drag.button) return
      clearTimeout(this.drag.flipping)
      this.drag.button = button
      if (button) this.drag.flipping = setTimeout(() => this.turn(Number(button.dataset.turn), null), TURN_MS)
    },
    scroll() {
      if (!this.drag) return
      const { x, y } = this.drag
      const speed = (at, end) => (at < EDGE ? at - EDGE : at > end - EDGE ? at - end + EDGE : 0) / 4
      const scroller = this.$el.querySelector('[data-scroller]')
      const box = scroller?.getBoundingClientRect()
      if (box && x > box.left && x < box.right) scroller.scrollBy(speed(x - box.left, box.width), speed(y - box.top, box.height))
      const down = speed(y, innerHeight)
      if (down) window.scrollBy(0, down)
      if (down || box) this.over(x, y)
    },
    dropped() {
      this.forget()
      if (!this.drag) return
      const { target, posts, key, id } = this.drag
      this.letGo()
      this.quiet = true
      setTimeout(() => (this.quiet = false), 0)
      if (!target) return
      const to = target.dataset.drop
      const days = (asDate(dayOf(to)) - asDate(dayOf(key))) / 864e5
      const hours = hourOf(to) === null || hourOf(key) === null ? 0 : hourOf(to) - hourOf(key)
      if (!days && !hours) return
      for (const moved of Object.keys(posts)) this.post(moved)?.classList.add('sc-cal-waits')
      const post = this.post(id)
      if (post) target.querySelector('[data-posts]')?.append(post)
      this.$emit('moved', { posts, days, hours, cells: [key, to] })
    },
    letGo() {
      this.forget()
      clearInterval(this.scrolling)
      if (!this.drag) return
      clearTimeout(this.drag.flipping)
      this.drag.target?.classList.remove('sc-cal-target')
      this.drag.ghost.remove()
      this.drag = null
      this.marked()
    },
  },
}
