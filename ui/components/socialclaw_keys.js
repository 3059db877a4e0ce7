// Keyboard shortcuts of the whole program: "mod+k" (Ctrl, or Command on a Mac), "?", and two keys in a row: "g c".
const SEQUENCE_MS = 1200

function typing(target) {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable=true]') !== null
}

export default {
  template: '<span hidden></span>',
  props: { shortcuts: Object },
  mounted() {
    this.first = { key: '', at: 0 }
    document.addEventListener('keydown', this.pressed)
  },
  beforeUnmount() {
    document.removeEventListener('keydown', this.pressed)
  },
  methods: {
    pressed(event) {
      if (event.defaultPrevented || event.isComposing || event.repeat || event.altKey) return
      const key = event.key.toLowerCase()
      const name = event.ctrlKey || event.metaKey ? this.shortcuts[`mod+${key}`] : this.plain(event, key)
      if (!name) return
      event.preventDefault()
      this.$emit('pressed', { name })
    },
    plain(event, key) {
      if (typing(event.target) || document.querySelector('.q-dialog')) return ''
      const inTime = event.timeStamp - this.first.at < SEQUENCE_MS
      const found = (inTime && this.shortcuts[`${this.first.key} ${key}`]) || this.shortcuts[key]
      this.first = { key: found ? '' : key, at: event.timeStamp }
      return found
    },
  },
}
