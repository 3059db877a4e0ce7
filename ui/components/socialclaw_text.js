// A text that somebody types. The server is told what changed and not the whole of it, so that a very long text costs no more
// than a short one. What the server has not kept yet stays in this tab, through a reload and a new sign-in.
const QUIET_MS = 250
const PIECE = 60000 // characters in one message: the socket takes a megabyte
const LONG = 20000 // from here on the box stops growing with its text
const MOST_BASES = 100
const place = (name) => `socialclaw-typed:${name}`
const high = (text, at) => /[\uD800-\uDBFF]/.test(text[at] ?? '')
const marked = (text) => {
  let mark = text.length
  for (let at = 0; at < text.length; at++) mark = (mark * 31 + text.charCodeAt(at)) | 0
  return mark
}

// Where two texts begin and cease to differ; never inside a character that is two units long.
function difference(old, now) {
  const most = Math.min(old.length, now.length)
  let start = 0
  while (start < most && old[start] === now[start]) start++
  if (start && high(old, start - 1)) start--
  let end = 0
  while (end < most - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++
  if (end && high(now, now.length - end - 1)) end--
  return { start, stop: old.length - end, insert: now.slice(start, now.length - end) }
}

export default {
  template: `
    <div class="sc-text">
      <label :for="id" class="sc-text-label">{{ label }}</label>
      <input v-if="line" ref="box" :id="id" :value="text" class="sc-text-box" maxlength="300" @input="typed" @blur="tell" />
      <textarea v-else ref="box" :id="id" :value="text" :rows="rows" :spellcheck="!long" @input="typed" @blur="tell"
        class="sc-text-box" :class="{ 'sc-text-long': long }"></textarea>
      <p v-if="found" class="sc-note" role="status">{{ words.found }}</p>
      <p v-if="other !== null" class="sc-note" role="status">{{ words.other }}
        <button type="button" class="sc-link" @click="restore">{{ words.restore }}</button></p>
    </div>`,
  props: { value: String, label: String, line: Boolean, rows: Number, name: String, words: Object },
  data() {
    return { text: this.value, found: false, other: null, long: this.value.length > LONG }
  },
  computed: {
    id() {
      return `sc-text-${this.$.uid}`
    },
  },
  created() {
    this.told = this.value
    this.number = 0
    // What the draft may hold: what was kept last, then all that was told since.
    this.bases = [{ number: 0, mark: marked(this.value) }]
    this.timer = null
  },
  mounted() {
    const left = this.stored(this.name)
    if (left && left.text === this.value) this.forget()
    else if (left) {
      if (left.bases?.includes(marked(this.value))) {
        this.found = true
        this.set(left.text)
        this.tell()
      } else this.other = left.text // the draft went on elsewhere: nothing is overwritten unasked
    }
    this.fit()
  },
  beforeUnmount() {
    this.tell()
  },
  watch: {
    name(now, before) {
      try {
        const left = sessionStorage.getItem(place(before))
        if (left !== null) sessionStorage.setItem(place(now), left)
        sessionStorage.removeItem(place(before))
      } catch {}
    },
  },
  methods: {
    typed(event) {
      this.text = event.target.value
      this.long = this.text.length > LONG
      this.found = false
      if (!this.long) this.store()
      this.fit()
      clearTimeout(this.timer)
      this.timer = setTimeout(this.tell, QUIET_MS)
    },
    tell() {
      clearTimeout(this.timer)
      const now = this.text.replace(/\p{Surrogate}/gu, '\uFFFD')
      if (now === this.told) return
      if (this.long) this.store()
      let { start, stop, insert } = difference(this.told, now)
      let length = this.told.length - (stop - start)
      do {
        let piece = insert.slice(0, PIECE)
        if (piece.length < insert.length && high(piece, piece.length - 1)) piece = piece.slice(0, -1)
        insert = insert.slice(piece.length)
        length += piece.length
        this.$emit('edit', { start, stop, insert: piece, length, number: insert ? 0 : ++this.number })
        start = stop = start + piece.length
      } while (insert)
      this.told = now
      this.bases.push({ number: this.number, mark: marked(now) })
    },
    // --- called by the server
    whole() {
      this.told = ''
      this.$emit('clear')
      this.tell()
    },
    kept(number) {
      const at = this.bases.findLastIndex((base) => base.number === number)
      if (at < 0) return
      this.bases = this.bases.slice(at)
      if (number === this.number && this.text === this.told) this.forget()
      else this.store() // what was typed meanwhile goes on from what is kept now
    },
    forget() {
      this.found = false
      try {
        sessionStorage.removeItem(place(this.name))
      } catch {}
    },
    // --- what is left in this tab
    store() {
      try {
        const bases = this.bases.slice(-MOST_BASES).map((base) => base.mark)
        sessionStorage.setItem(place(this.name), JSON.stringify({ text: this.text, bases }))
      } catch {} // a full or forbidden store: then the server's draft is all there is
    },
    stored(name) {
      try {
        return JSON.parse(sessionStorage.getItem(place(name)))
      } catch {
        return null
      }
    },
    restore() {
      this.set(this.other)
      this.other = null
      this.tell()
      this.$refs.box.focus()
    },
    set(text) {
      this.text = text
      this.long = text.length > LONG
      this.$nextTick(this.fit)
    },
    fit() {
      const box = this.$refs.box
      if (this.line || this.long || CSS.supports('field-sizing', 'content')) return
      box.style.height = 'auto'
      box.style.height = `${box.scrollHeight + 2}px`
    },
  },
}
