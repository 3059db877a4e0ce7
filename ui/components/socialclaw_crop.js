// The part of a picture that stays: dragged and resized with the pointer or the keys, within the shapes that are allowed.
const LEAST = 0.05
const STEP = 0.01
const FAR = 10
const CORNERS = { nw: [0, 0], ne: [1, 0], sw: [0, 1], se: [1, 1] }
const between = (value, least, most) => Math.min(Math.max(value, least), most)

export default {
  template: `
    <div class="sc-crop">
      <div ref="picture" class="sc-crop-picture">
        <img :src="src" alt="" draggable="false" />
        <div class="sc-crop-part" tabindex="0" role="group" :aria-label="words.part + ': ' + told" :style="place"
             @pointerdown="take($event, null)" @pointermove="pull" @pointerup="leave" @pointercancel="leave" @keydown="key">
          <i v-for="(corner, name) in corners" :key="name" :class="'sc-crop-corner sc-crop-' + name" @pointerdown.stop="take($event, corner)"></i>
        </div>
      </div>
      <p class="sc-note" role="status">{{ told }}</p>
      <p class="sc-note">{{ words.keys }}</p>
    </div>`,
  props: { src: String, size: Array, box: Array, bounds: Array, words: Object },
  data() {
    return { now: [...this.box], corners: CORNERS }
  },
  computed: {
    place() {
      const [left, top, width, height] = this.now.map((side) => `${side * 100}%`)
      return { left, top, width, height }
    },
    told() {
      const [width, height] = this.size.map((side, n) => Math.round(side * this.now[2 + n]))
      return this.words.size.replace('{width}', width).replace('{height}', height)
    },
    // Of fractions, as the bounds are of pixels.
    shapes() {
      const turned = this.size[1] / this.size[0]
      return [(this.bounds[0] ?? 0) * turned, (this.bounds[1] ?? Infinity) * turned]
    },
  },
  watch: {
    box() {
      this.now = [...this.box]
    },
  },
  methods: {
    take(event, corner) {
      if (event.button) return
      event.preventDefault()
      const part = this.$el.querySelector('.sc-crop-part')
      part.focus()
      part.setPointerCapture(event.pointerId)
      this.held = { corner, x: event.clientX, y: event.clientY, box: [...this.now] }
    },
    pull(event) {
      if (!this.held) return
      const { width, height } = this.$refs.picture.getBoundingClientRect()
      const by = [(event.clientX - this.held.x) / width, (event.clientY - this.held.y) / height]
      this.now = this.held.corner ? this.stretched(this.held.box, this.held.corner, by) : this.shifted(this.held.box, by)
    },
    leave() {
      if (this.held) this.tell()
      this.held = null
    },
    key(event) {
      const far = STEP * (event.shiftKey ? FAR : 1)
      const ways = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }
      const grown = { '+': far, '=': far, '-': -far, '−': -far }[event.key]
      if (ways[event.key]) this.now = this.shifted(this.now, ways[event.key])
      else if (grown) this.now = this.grown(this.now, grown)
      else return
      event.preventDefault()
      this.tell()
    },
    tell() {
      this.$emit('box', { box: this.now })
    },
    shifted([left, top, width, height], [right, down]) {
      return [between(left + right, 0, 1 - width), between(top + down, 0, 1 - height), width, height]
    },
    // The opposite corner stays where it is.
    stretched([left, top, width, height], [right, low], [x, y]) {
      const fixed = [right ? left : left + width, low ? top : top + height]
      const room = [right ? 1 - fixed[0] : fixed[0], low ? 1 - fixed[1] : fixed[1]]
      const wanted = [width + (right ? x : -x), height + (low ? y : -y)]
      const [wide, high] = this.shaped(wanted.map((side, n) => between(side, Math.min(LEAST, room[n]), room[n])))
      return [right ? fixed[0] : fixed[0] - wide, low ? fixed[1] : fixed[1] - high, wide, high]
    },
    shaped([wide, high]) {
      const [least, most] = this.shapes
      if (wide / high > most) wide = high * most
      if (wide / high < least) high = wide / least
      return [wide, high]
    },
    // Around its middle, as far as the picture reaches.
    grown([left, top, width, height], by) {
      const factor = between(1 + by / Math.max(width, height), LEAST / Math.min(width, height), Math.min(1 / width, 1 / height))
      const [wide, high] = [width * factor, height * factor]
      return this.shifted([left + (width - wide) / 2, top + (height - high) / 2, wide, high], [0, 0])
    },
  },
}
