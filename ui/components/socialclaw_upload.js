// Files on their way into the library: chosen, dropped or pasted, two at a time, each with its progress. Large ones go in
// parts straight to the storage where it takes parts; what was cut off goes on with the parts that are missing.
const AT_ONCE = 2
const WAITS_MS = [700, 2000, 5000]
const SHOWN = { wrong: 20, waiting: 3 }
const MEMORY = 'socialclaw-uploads'
const MEMORY_MS = 24 * 3600 * 1000
const TAKEN = /^(image|video|audio)\//
let count = 0

class Cut extends Error {} // nobody answered, or not in a way that counts
class Refused extends Error {} // the server said why not: trying again changes nothing
class Stopped extends Error {} // a person said so

export default {
  template: `
    <div class="sc-upload">
      <button type="button" class="sc-drop" @click="$refs.files.click()">
        <i class="q-icon material-icons" aria-hidden="true">cloud_upload</i>
        <strong>{{ words.choose }}</strong>
        <span class="sc-note">{{ words.hint }}</span>
      </button>
      <input ref="files" type="file" multiple hidden accept="image/*,video/*,audio/*" @change="chosen" />
      <div v-if="over" class="sc-drop-page" aria-hidden="true"><span>{{ words.let_go }}</span></div>
      <div v-for="left in cut" :key="left.key" class="sc-banner sc-info sc-upload-left">
        <span class="sc-grow">{{ words.cut_before.replace('{name}', left.name) }}</span>
        <button type="button" class="sc-link" @click="$refs.files.click()">{{ words.choose_again }}</button>
        <button type="button" class="sc-link" @click="give_up(left)">{{ words.give_up }}</button>
      </div>
      <section v-if="files.length" class="sc-card sc-upload-list" :aria-label="words.uploads">
        <div class="sc-upload-head">
          <strong>{{ summary }}</strong>
          <progress v-if="busy" :value="sent" :max="size" :aria-label="words.all"></progress>
          <span class="sc-line">
            <button v-if="cut_off.length > 1" type="button" class="sc-link" @click="retry_all">{{ words.retry_all }}</button>
            <button v-if="busy" type="button" class="sc-link" @click="stop_all">{{ words.stop_all }}</button>
            <button v-else type="button" class="sc-link" @click="clear">{{ words.close }}</button>
          </span>
        </div>
        <ul>
          <li v-for="file in shown" :key="file.key" class="sc-upload-row">
            <span class="sc-upload-name">{{ file.name }}</span>
            <span v-if="file.wrong" class="sc-issue" role="alert">{{ file.wrong }}</span>
            <template v-else-if="file.state === 'sending'">
              <progress :value="file.sent" :max="Math.max(1, file.size)" :aria-label="file.name"></progress>
              <span class="sc-note">{{ file.note || percent(file) }}</span>
            </template>
            <span v-else class="sc-note">{{ words.waits }}</span>
            <span class="sc-upload-acts">
              <button v-if="file.state === 'cut'" type="button" class="sc-link" @click="retry(file)" :aria-label="words.go_on + ': ' + file.name">{{ words.go_on }}</button>
              <button type="button" class="sc-link" @click="drop(file)" :aria-label="(file.wrong ? words.leave : words.stop) + ': ' + file.name">{{ file.wrong ? words.leave : words.stop }}</button>
            </span>
          </li>
        </ul>
        <p v-if="hidden" class="sc-note">{{ words.more.replace('{count}', hidden) }}</p>
      </section>
      <p class="sc-note sc-upload-said" role="status">{{ said }}</p>
    </div>`,
  props: { url: String, parts: Boolean, parts_from: Number, most_bytes: Number, scope: String, words: Object },
  data() {
    return { files: [], done: 0, done_bytes: 0, over: false, said: '', cut: [] }
  },
  computed: {
    wrong() {
      return this.files.filter((file) => file.wrong)
    },
    cut_off() {
      return this.files.filter((file) => file.state === 'cut')
    },
    waiting() {
      return this.files.filter((file) => file.state === 'waiting')
    },
    sending() {
      return this.files.filter((file) => file.state === 'sending')
    },
    busy() {
      return this.waiting.length + this.sending.length > 0
    },
    shown() {
      return [...this.wrong.slice(0, SHOWN.wrong), ...this.sending, ...this.waiting.slice(0, SHOWN.waiting)]
    },
    hidden() {
      return this.files.length - this.shown.length
    },
    size() {
      return this.done_bytes + [...this.sending, ...this.waiting].reduce((sum, file) => sum + file.size, 0) || 1
    },
    sent() {
      return this.done_bytes + this.sending.reduce((sum, file) => sum + file.sent, 0)
    },
    summary() {
      const all = this.done + this.files.length
      const text = this.busy ? this.words.progress : this.words.ended
      const told = text.replace('{done}', this.done).replace('{all}', all)
      return this.wrong.length ? `${told} · ${this.words.wrong.replace('{count}', this.wrong.length)}` : told
    },
  },
  mounted() {
    this.listeners = {
      dragover: (event) => {
        if (!has_files(event)) return
        event.preventDefault()
        this.over = true
      },
      dragleave: (event) => {
        if (!event.relatedTarget) this.over = false
      },
      drop: (event) => {
        if (!has_files(event)) return
        event.preventDefault()
        this.over = false
        this.dropped(event.dataTransfer)
      },
      paste: (event) => this.pasted(event),
    }
    for (const [name, listener] of Object.entries(this.listeners)) document.addEventListener(name, listener)
    this.leaving = (event) => {
      if (this.busy) event.preventDefault()
    }
    window.addEventListener('beforeunload', this.leaving)
    if (this.parts) this.cut = this.remembered()
  },
  beforeUnmount() {
    for (const [name, listener] of Object.entries(this.listeners)) document.removeEventListener(name, listener)
    window.removeEventListener('beforeunload', this.leaving)
    for (const file of this.files) this.end(file)
  },
  methods: {
    // --- in
    chosen(event) {
      this.add([...event.target.files])
      event.target.value = ''
    },
    async dropped(transfer) {
      const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean)
      const plain = [...transfer.files]
      this.add(entries.some((entry) => entry.isDirectory) ? await all_files(entries) : plain)
    },
    pasted(event) {
      const files = [...(event.clipboardData?.files ?? [])]
      // A table copied from a spreadsheet comes as text and as a picture of itself: the text is meant.
      if (!files.length || event.clipboardData.types.includes('text/plain')) return
      event.preventDefault()
      const at = new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '')
      this.add(files.map((file) => (file.name === 'image.png' ? new File([file], `pasted-${at}.png`, { type: file.type }) : file)))
    },
    add(files) {
      if (!this.busy && !this.wrong.length) this.clear()
      this.said = ''
      for (const file of files) this.files.push({ key: ++count, blob: file, name: file.name, size: file.size, sent: 0, state: 'waiting', wrong: '', note: '', ...this.unfit(file) })
      this.next()
    },
    unfit(file) {
      if (!file.size) return { state: 'refused', wrong: this.words.empty }
      if (file.size > this.most_bytes) return { state: 'refused', wrong: this.words.large }
      return file.type && !TAKEN.test(file.type) ? { state: 'refused', wrong: this.words.kind } : {}
    },
    next() {
      const free = AT_ONCE - this.sending.length
      for (const file of this.waiting.slice(0, Math.max(0, free))) this.begin(file)
    },
    async begin(file) {
      Object.assign(file, { state: 'sending', wrong: '', note: '', sent: 0 })
      try {
        await (this.parts && file.size >= this.parts_from ? this.in_parts(file) : this.whole(file))
        this.stored(file)
      } catch (error) {
        if (error instanceof Refused) Object.assign(file, { state: 'refused', wrong: error.message })
        else if (!(error instanceof Stopped)) Object.assign(file, { state: 'cut', wrong: error.message || this.words.cut })
      }
      file.note = ''
      if (!this.busy || this.sending.length < AT_ONCE) this.next()
      if (!this.busy && this.done) this.said = this.words.said.replace('{done}', this.done)
    },
    stored(file) {
      this.files = this.files.filter((other) => other !== file)
      this.done += 1
      this.done_bytes += file.size
    },

    // --- out
    retry(file) {
      file.state = 'waiting'
      file.wrong = ''
      this.next()
    },
    retry_all() {
      for (const file of this.cut_off) Object.assign(file, { state: 'waiting', wrong: '' })
      this.next()
    },
    drop(file) {
      this.end(file)
      this.files = this.files.filter((other) => other !== file)
      if (file.begun) this.give_up(file.begun)
      this.next()
    },
    stop_all() {
      for (const file of [...this.files]) if (!file.wrong) this.drop(file)
    },
    end(file) {
      file.stopped = true
      file.xhr?.abort()
      file.wake?.()
    },
    clear() {
      this.files = []
      this.done = this.done_bytes = 0
      this.said = ''
    },
    percent(file) {
      return file.sent < file.size ? `${Math.floor((100 * file.sent) / Math.max(1, file.size))} %` : this.words.looks
    },

    // --- sending
    async whole(file) {
      await this.again(file, () => {
        const form = new FormData()
        form.append('file', file.blob, file.name)
        file.sent = 0
        return this.send(file, 'POST', this.url, form, (loaded) => (file.sent = Math.min(loaded, file.size)))
      })
    },
    async in_parts(file) {
      const begun = await this.initiate(file)
      if (begun.mode !== 'multipart') return this.whole(file) // the server's storage has changed since this page was opened
      const { uploadId, partSize, totalParts, parts } = begun.upload
      const address = `${this.url}/${begun.asset.id}`
      file.begun = this.remember(file, uploadId, begun.asset.id)
      const arrived = new Map(parts.map((part) => [part.PartNumber, part.ETag]))
      const length = (number) => Math.min(partSize, file.size - (number - 1) * partSize)
      let whole = [...arrived.keys()].reduce((sum, number) => sum + length(number), 0)
      file.sent = whole
      for (let number = 1; number <= totalParts; number += 1) {
        if (arrived.has(number)) continue
        const start = (number - 1) * partSize
        const etag = await this.again(file, async () => {
          const { body } = await this.json(file, `${address}/part`, { uploadId, partNumber: number })
          const put = await this.put(file, body.url, file.blob.slice(start, start + length(number)), whole)
          return put.xhr.getResponseHeader('ETag')
        })
        if (!etag) throw new Refused(this.words.storage)
        arrived.set(number, etag)
        whole += length(number)
        file.sent = whole
      }
      const named = [...arrived].sort(([one], [other]) => one - other).map(([PartNumber, ETag]) => ({ PartNumber, ETag }))
      await this.again(file, () => this.json(file, `${address}/complete`, { uploadId, parts: named }))
      this.forget(file.begun)
      file.begun = null
    },
    async initiate(file) {
      const asked = { filename: file.name, size: file.size, mime: file.blob.type }
      const known = this.known(file)
      if (known) {
        try {
          return (await this.again(file, () => this.json(file, `${this.url}/initiate`, { ...asked, uploadId: known.upload }))).body
        } catch (error) {
          if (!(error instanceof Refused)) throw error
          this.forget(known) // it has ended: the file begins anew
        }
      }
      return (await this.again(file, () => this.json(file, `${this.url}/initiate`, asked))).body
    },
    async put(file, url, blob, before) {
      try {
        return await this.send(file, 'PUT', url, blob, (loaded) => (file.sent = before + Math.min(loaded, blob.size)), true)
      } catch (error) {
        // Its address was good for some minutes only; the storage's own words are XML for programs.
        throw error instanceof Refused ? new Cut(this.words.storage) : error instanceof Cut ? new Cut(this.words.cut_storage) : error
      }
    },
    json(file, url, body) {
      return this.send(file, 'POST', url, JSON.stringify(body))
    },
    async again(file, attempt) {
      for (let tried = 0; ; tried += 1) {
        if (file.stopped) throw new Stopped()
        try {
          const answer = await attempt()
          file.note = ''
          return answer
        } catch (error) {
          if (!(error instanceof Cut) || tried >= WAITS_MS.length) throw error
          file.note = this.words.again
          await new Promise((wake) => {
            file.wake = wake
            setTimeout(wake, Math.max(WAITS_MS[tried], error.wait ?? 0))
          })
        }
      }
    },
    send(file, method, url, body, on_progress, elsewhere) {
      return new Promise((resolve, reject) => {
        const xhr = (file.xhr = new XMLHttpRequest())
        xhr.open(method, elsewhere ? url : (window.path_prefix ?? '') + url)
        if (typeof body === 'string') xhr.setRequestHeader('Content-Type', 'application/json')
        if (on_progress) xhr.upload.onprogress = (event) => on_progress(event.loaded)
        xhr.onabort = () => reject(new Stopped())
        xhr.onerror = xhr.ontimeout = () => reject(new Cut(this.words.cut))
        xhr.onload = () => {
          const told = parsed(xhr.responseText)
          if (xhr.status >= 200 && xhr.status < 300 && (told || elsewhere)) return resolve({ xhr, body: told })
          const sentence = told?.message ?? this.words.cut
          if (xhr.status >= 500 || xhr.status === 429 || xhr.status === 408 || !xhr.status) {
            const cut = new Cut(sentence)
            cut.wait = 1000 * Math.min(60, Number(xhr.getResponseHeader('Retry-After')) || 0)
            return reject(cut)
          }
          reject(new Refused(sentence))
        }
        xhr.send(body)
      })
    },

    // --- what was begun, in case the page goes away
    remembered() {
      return read_memory().filter((entry) => entry.scope === this.scope)
    },
    fingerprint(file) {
      return [this.scope, file.name, file.size, file.blob.lastModified].join('|')
    },
    known(file) {
      return this.remembered().find((entry) => entry.key === this.fingerprint(file))
    },
    remember(file, upload, asset) {
      const entry = { key: this.fingerprint(file), scope: this.scope, name: file.name, upload, asset, at: Date.now() }
      write_memory([...read_memory().filter((other) => other.key !== entry.key), entry])
      this.cut = this.cut.filter((left) => left.key !== entry.key)
      return entry
    },
    forget(entry) {
      write_memory(read_memory().filter((other) => other.upload !== entry.upload))
      this.cut = this.cut.filter((left) => left.upload !== entry.upload)
    },
    give_up(entry) {
      this.forget(entry)
      const nobody = {}
      this.json(nobody, `${this.url}/${entry.asset}/abort`, { uploadId: entry.upload }).catch(() => {}) // ends by itself in a day
    },
  },
}

function has_files(event) {
  return event.dataTransfer?.types.includes('Files')
}

async function all_files(entries) {
  const found = []
  for (const entry of entries) {
    if (entry.isFile) found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)))
    else found.push(...(await all_files(await children(entry))))
  }
  return found.filter((file) => !file.name.startsWith('.'))
}

async function children(folder) {
  const reader = folder.createReader()
  const found = []
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject)) // at most a hundred at a time
    if (!some.length) return found
    found.push(...some)
  }
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function read_memory() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY) ?? '[]').filter((entry) => Date.now() - entry.at < MEMORY_MS)
  } catch {
    return []
  }
}

function write_memory(entries) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(entries))
  } catch {} // a full or forbidden memory costs the going on after a reload, nothing else
}
