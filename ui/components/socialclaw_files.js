// The files of the library as tiles: one click shows a file, the box in its corner chooses it.
export default {
  template: `
    <ul class="sc-files" :aria-label="words.files">
      <li v-for="(item, n) in items" :key="item.id" class="sc-file" :class="{ 'sc-file-chosen': chosen.has(item.id) }">
        <button type="button" class="sc-file-open" @click="$emit('open', { id: item.id })" @keydown="walk(n, $event)">
          <span class="sc-thumb">
            <img v-if="item.src && !broken[item.id]" :src="item.src" alt="" loading="lazy" draggable="false" @error="broken[item.id] = true" />
            <i v-else class="q-icon material-icons" aria-hidden="true">{{ item.icon }}</i>
            <span v-if="item.length" class="sc-file-length">{{ item.length }}</span>
          </span>
          <span class="sc-file-name">{{ item.name }}</span>
          <span class="sc-unseen">{{ item.kind }}</span>
          <span class="sc-note">{{ item.facts }}</span>
        </button>
        <label v-if="choosable" class="sc-file-box"><input type="checkbox" :checked="chosen.has(item.id)" :aria-label="words.choose.replace('{name}', item.name)" @click="choose(n, $event)" /></label>
      </li>
    </ul>`,
  props: { items: Array, choosable: Boolean, words: Object },
  data() {
    return { chosen: new Set(), broken: {}, last: null }
  },
  watch: {
    items() {
      const there = new Set(this.items.map((item) => item.id))
      const gone = [...this.chosen].filter((id) => !there.has(id))
      if (!gone.length) return
      for (const id of gone) this.chosen.delete(id)
      this.tell()
    },
  },
  methods: {
    choose(n, event) {
      const on = event.target.checked
      const from = event.shiftKey && this.last !== null ? Math.min(this.last, n) : n
      const to = event.shiftKey && this.last !== null ? Math.max(this.last, n) : n
      for (const item of this.items.slice(from, to + 1)) on ? this.chosen.add(item.id) : this.chosen.delete(item.id)
      this.last = n
      this.tell()
    },
    choose_all() {
      for (const item of this.items) this.chosen.add(item.id)
      this.tell()
    },
    choose_none() {
      this.chosen.clear()
      this.last = null
      this.tell()
    },
    tell() {
      this.$emit('chosen', { ids: [...this.chosen] })
    },
    // The arrow keys walk the tiles as they stand on the screen.
    walk(n, event) {
      const tiles = [...this.$el.querySelectorAll('.sc-file-open')]
      const row = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[event.key]
      if (!step) return
      event.preventDefault()
      tiles[n + step]?.focus()
    },
  },
}
