// The files of a post: dropped, pasted or chosen, sent with their progress, described, put into another order, removed.
const AT_ONCE = 2
// What the server has not confirmed by then was not done.
const ANSWERED_MS = 3000
const trays = new Set()
let count = 0

// Files that are dropped or pasted anywhere go to the part of the page they land on, or to the first.
function tray_at(target) {
  const part = target instanceof Element ? target.closest('.sc-part') : null
  const all = [...trays].sort((one, other) =>
    one.$el.compareDocumentPosition(other.$el) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
  )
  return all.find((tray) => part && part.contains(tray.$el)) ?? all[0]
}
const has_files = (event) => event.dataTransfer?.types.includes('Files')
function over(event) {
  if (!has_files(event)) return
  event.preventDefault()
  for (const tray of trays) tray.over = tray === tray_at(event.target)
}
function out(event) {
  if (!event.relatedTarget) for (const tray of trays) tray.over = false
}
function dropped(event) {
  if (!has_files(event)) return
  event.preventDefault()
  for (const tray of trays) tray.over = false
  tray_at(event.target)?.add(event.dataTransfer.files)
}
function pasted(event) {
  const files = event.clipboardData?.files ?? []
  // A table copied from a spreadsheet comes as text and as a picture of itself: the text is meant.
  if (!files.length || event.clipboardData.types.includes('text/plain')) return
  event.preventDefault()
  tray_at(event.target)?.add(files)
}
function leaving(event) {
  if ([...trays].some((tray) => tray.sending)) event.preventDefault()
}
const listeners = { dragover: over, dragleave: out, drop: dropped, paste: pasted }

export default {
  template: `
    <div class="sc-tray" :class="{ 'sc-drop-over': over }">
      <ol v-if="items.length || queue.length" class="sc-media" :aria-label="words.files">
        <li v-for="(item, n) in list" :key="item.key" :data-key="item.key" class="sc-medium" :class="{ 'sc-medium-dragged': dragged === n }"
            :draggable="movable" @dragstart="drag(n, $event)" @dragend="dragged = null" @dragover.prevent.stop="hover(n, $event)" @drop.prevent.stop="put(n, $event)">
          <div class="sc-thumb">
            <img v-if="item.src" :src="item.src" :alt="alts[item.key] || item.name" loading="lazy" draggable="false" />
            <span v-else>{{ item.name }}</span>
            <i v-if="item.kind === 'video'" class="q-icon material-icons sc-film" aria-hidden="true">play_circle</i>
            <button v-if="item.crop" type="button" class="sc-medium-crop" :aria-label="words.crop + ': ' + item.name" :title="words.crop" @click="$emit('crop', { key: item.key })"><i class="q-icon material-icons" aria-hidden="true">crop</i></button>
          </div>
          <div class="sc-medium-bar" role="group" :aria-label="item.name">
            <button type="button" v-if="items.length > 1" :disabled="!n" :aria-label="words.earlier" :title="words.earlier" data-way="earlier" @click="move(n, n - 1, 'earlier')"><i class="q-icon material-icons" aria-hidden="true">chevron_left</i></button>
            <button type="button" v-if="items.length > 1" :disabled="n === items.length - 1" :aria-label="words.later" :title="words.later" data-way="later" @click="move(n, n + 1, 'later')"><i class="q-icon material-icons" aria-hidden="true">chevron_right</i></button>
            <button type="button" :aria-label="words.remove" :title="words.remove" @click="$emit('remove', { key: item.key })"><i class="q-icon material-icons" aria-hidden="true">close</i></button>
          </div>
          <label class="sc-medium-alt"><span>{{ words.describe }}</span>
            <input :value="alts[item.key]" maxlength="4000" @input="describe(item.key, $event)" @blur="tell(item.key)" /></label>
          <label v-if="item.choice" class="sc-medium-fit"><input type="checkbox" :checked="item.fit" @change="$emit('fit', { key: item.key, fit: $event.target.checked })" />{{ words.fit }}</label>
          <div role="status" class="sc-medium-notes"><p v-for="note in item.notes" class="sc-note">{{ note }}</p></div>
          <p v-for="issue in item.issues" class="sc-issue" role="alert">{{ issue }}</p>
        </li>
        <li v-for="file in queue" :key="file.key" class="sc-medium sc-sending">
          <div class="sc-thumb"><span>{{ file.name }}</span></div>
          <p v-if="file.error" class="sc-issue" role="alert">{{ file.error }}</p>
          <progress v-else :value="file.sent" :max="file.size" :aria-label="file.name"></progress>
          <div class="sc-medium-actions">
            <button v-if="file.again" type="button" class="sc-link" @click="retry(file)">{{ words.again }}</button>
            <span v-else-if="!file.error" class="sc-note">{{ file.xhr ? percent(file) : words.waits }}</span>
            <button type="button" class="sc-link" @click="drop(file)">{{ file.error ? words.leave : words.stop }}</button>
          </div>
        </li>
      </ol>
      <div class="sc-tray-bar">
        <button type="button" class="sc-tray-button" @click="$refs.files.click()"><i class="q-icon material-icons" aria-hidden="true">add_photo_alternate</i>{{ words.choose }}</button>
        <button type="button" class="sc-tray-button" @click="$emit('library')"><i class="q-icon material-icons" aria-hidden="true">photo_library</i>{{ words.library }}</button>
        <span class="sc-note sc-tray-hint">{{ words.hint }}</span>
        <input ref="files" type="file" multiple hidden accept="image/*,video/*" @change="chosen" />
      </div>
      <p class="sc-note" role="status">{{ said }}</p>
    </div>`,
  props: { items: Array, most: Number, bytes: Number, url: String, words: Object },
  data() {
    return { queue: [], alts: this.described({}), said: '', over: false, dragged: null, order: null }
  },
  computed: {
    // A move shows at once: the next one may come before the server has answered.
    list() {
      if (!this.order) return this.items
      return [...this.items].sort((one, other) => this.order.indexOf(one.key) - this.order.indexOf(other.key))
    },
    sending() {
      return this.queue.some((file) => !file.error)
    },
    movable() {
      return this.items.length > 1
    },
  },
  created() {
    this.timers = {}
    this.done = []
  },
  mounted() {
    if (!trays.size) {
      for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener)
      window.addEventListener('beforeunload', leaving)
    }
    trays.add(this)
  },
  beforeUnmount() {
    for (const file of this.queue) file.xhr?.abort()
    trays.delete(this)
    if (trays.size) return
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener)
    window.removeEventListener('beforeunload', leaving)
  },
  watch: {
    items() {
      this.alts = this.described(this.alts)
      const keys = this.items.map((item) => item.key)
      const moved = this.order && keys.length === this.order.length && keys.every((key) => this.order.includes(key))
      if (!moved || keys.every((key, n) => key === this.order[n])) this.order = null
      this.$nextTick(this.refocus)
    },
  },
  methods: {
    // --- sending
    chosen(event) {
      this.add(event.target.files)
      event.target.value = ''
    },
    add(files) {
      const room = Math.max(0, this.most - this.items.length - this.queue.filter((file) => !file.error).length)
      const taken = [...files].slice(0, room)
      const left = files.length - taken.length
      this.said = left ? (this.most === 1 ? this.words.one : this.words.full).replace('{left}', left).replace('{most}', this.most) : ''
      for (const file of taken) this.queue.push({ key: ++count, file, name: file.name, size: file.size, sent: 0, ...this.unfit(file) })
      this.next()
    },
    unfit(file) {
      if (file.size > this.bytes) return { error: this.words.large }
      return file.type && !/^(image|video)\//.test(file.type) ? { error: this.words.kind } : {}
    },
    next() {
      const waiting = this.queue.filter((file) => !file.error && !file.xhr && !file.id)
      const under_way = this.queue.filter((file) => file.xhr).length
      for (const file of waiting.slice(0, Math.max(0, AT_ONCE - under_way))) this.send(file)
    },
    send(file) {
      const xhr = new XMLHttpRequest()
      const form = new FormData()
      form.append('file', file.file)
      file.xhr = xhr
      xhr.upload.onprogress = (event) => (file.sent = Math.min(event.loaded, file.size))
      xhr.onload = () => this.answered(file, xhr)
      xhr.onerror = () => this.failed(file, this.words.cut, true)
      xhr.open('POST', (window.path_prefix ?? '') + this.url)
      xhr.send(form)
    },
    answered(file, xhr) {
      let body = {}
      try {
        body = JSON.parse(xhr.responseText)
      } catch {}
      if (xhr.status !== 201 || !body.asset) {
        this.failed(file, body.message ?? this.words.cut, xhr.status >= 500 || xhr.status === 401 || !body.message)
        return
      }
      file.xhr = null
      file.id = body.asset.id
      this.settle()
      this.next()
    },
    failed(file, error, again) {
      Object.assign(file, { xhr: null, error, again, sent: 0 })
      this.settle()
      this.next()
    },
    retry(file) {
      Object.assign(file, { error: null, again: false })
      this.next()
    },
    drop(file) {
      file.xhr?.abort()
      this.queue = this.queue.filter((other) => other !== file)
      this.settle()
      this.next()
    },
    // In the order in which they were chosen, however long each took.
    settle() {
      const ready = []
      for (const file of this.queue) {
        if (file.error) continue
        if (!file.id) break
        ready.push(file)
      }
      for (const file of ready) this.$emit('stored', { id: file.id })
      this.queue = this.queue.filter((file) => !ready.includes(file))
    },
    percent(file) {
      return file.sent < file.size ? `${Math.floor((100 * file.sent) / Math.max(1, file.size))} %` : this.words.looks
    },
    // --- describing and moving
    described(known) {
      return Object.fromEntries(this.items.map((item) => [item.key, known[item.key] ?? item.alt]))
    },
    describe(key, event) {
      this.alts[key] = event.target.value
      clearTimeout(this.timers[key])
      this.timers[key] = setTimeout(() => this.tell(key), 250)
    },
    tell(key) {
      clearTimeout(this.timers[key])
      const item = this.items.find((item) => item.key === key)
      if (item && item.alt !== this.alts[key]) this.$emit('describe', { key, text: this.alts[key] })
    },
    move(start, to, way) {
      if (start === to || start === null) return
      const { key, name } = this.list[start]
      this.followed = way ? { key, way } : null
      const order = this.list.map((item) => item.key)
      order.splice(to, 0, ...order.splice(start, 1))
      this.order = order
      clearTimeout(this.timers.order)
      this.timers.order = setTimeout(() => (this.order = null), ANSWERED_MS)
      this.$emit('move', { key, to })
      this.said = this.words.moved.replace('{name}', name).replace('{place}', to + 1).replace('{count}', this.items.length)
      this.$nextTick(this.refocus)
    },
    // Whoever moves a file with the keyboard goes with it, up to the end and back.
    refocus() {
      if (!this.followed) return
      const item = this.$el.querySelector(`[data-key="${CSS.escape(this.followed.key)}"]`)
      const button = item?.querySelector(`[data-way=${this.followed.way}]:enabled`) ?? item?.querySelector('[data-way]:enabled')
      button?.focus()
      this.followed = null
    },
    drag(n, event) {
      this.dragged = n
      event.dataTransfer.effectAllowed = 'move'
      event.dataTransfer.setData('text/plain', this.list[n].name)
    },
    hover(n, event) {
      if (has_files(event)) over(event)
    },
    put(n, event) {
      if (has_files(event)) dropped(event)
      else this.move(this.dragged, n)
      this.dragged = null
    },
  },
}
