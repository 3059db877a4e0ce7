// A page of posts that is gone through with the keyboard: j and k move, x selects, Enter opens. What is selected and what
// is looked at stays while rows change. The markup of a row comes escaped from the server.
function typing(target) {
  return target instanceof Element && target.closest('input:not([type=checkbox]), textarea, select, [contenteditable=true]') !== null
}

export default {
  template: `
    <ul class="sc-rows sc-list" :aria-label="words.list">
      <li v-for="row in rows" :key="row.id" :class="{ 'sc-picked': picked.has(row.id) }">
        <label v-if="selectable" class="sc-pick">
          <input type="checkbox" :checked="picked.has(row.id)" :aria-label="words.select.replace('{name}', () => row.name)"
                 @click="turn(row.id, $event.shiftKey)">
        </label>
        <a class="sc-row" :href="row.href" :data-id="row.id" v-html="row.html" @click="leave"></a>
      </li>
    </ul>`,
  props: { rows: Array, words: Object, selectable: Boolean },
  data() {
    return { picked: new Set(), last: null }
  },
  mounted() {
    document.addEventListener('keydown', this.pressed)
    this.comeBack()
  },
  beforeUnmount() {
    document.removeEventListener('keydown', this.pressed)
  },
  watch: {
    rows() {
      this.comeBack()
    },
  },
  methods: {
    pick(ids) {
      this.picked = new Set(ids)
      this.$emit('picked', { ids: [...this.picked] })
    },
    turn(id, range) {
      const on = !this.picked.has(id)
      const ids = range && this.last ? this.between(this.last, id) : [id]
      for (const one of ids) on ? this.picked.add(one) : this.picked.delete(one)
      this.last = id
      this.$emit('picked', { ids: [...this.picked] })
    },
    between(one, other) {
      const ids = this.rows.map((row) => row.id)
      const [from, to] = [ids.indexOf(one), ids.indexOf(other)].sort((a, b) => a - b)
      return from < 0 ? [other] : ids.slice(from, to + 1)
    },
    pressed(event) {
      if (event.defaultPrevented || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return
      if (typing(event.target) || document.querySelector('.q-dialog, .q-menu')) return
      const here = document.activeElement?.closest('.sc-list li')
      const keys = {
        j: () => this.move(here, 1),
        k: () => this.move(here, -1),
        x: () => here && this.selectable && this.turn(here.querySelector('a').dataset.id, event.shiftKey),
        escape: () => this.picked.size && this.pick([]),
      }
      const act = keys[event.key.toLowerCase()]
      if (act && this.rows.length) {
        event.preventDefault()
        act()
      }
    },
    move(here, step) {
      const links = [...this.$el.querySelectorAll('a')]
      const at = here ? links.indexOf(here.querySelector('a')) + step : step > 0 ? 0 : links.length - 1
      links[Math.max(0, Math.min(at, links.length - 1))].focus()
    },
    leave(event) {
      const place = { id: event.currentTarget.dataset.id, y: window.scrollY }
      sessionStorage.setItem('socialclaw-posts' + location.search, JSON.stringify(place))
    },
    // Whoever comes back from a post looks at the same rows again, and goes on from the one that was opened.
    comeBack() {
      if (this.cameBack || !this.rows.length) return
      this.cameBack = true
      const left = sessionStorage.getItem('socialclaw-posts' + location.search)
      if (!left || performance.getEntriesByType('navigation')[0]?.type !== 'back_forward') return
      const { id, y } = JSON.parse(left)
      this.$nextTick(() => {
        this.$el.querySelector(`a[data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
        window.scrollTo(0, y)
      })
    },
  },
}
