// Links of which one is chosen. A plain click stays on the page and tells the server; any other opens the link as links do.
export default {
  template: `
    <nav class="sc-tabs" :aria-label="label">
      <a v-for="item in items" :key="item.key" class="sc-tab" :href="item.href" :aria-current="item.current ? 'page' : null"
         @click="choose($event, item.key)">{{ item.text }} <span v-if="item.count !== null" class="sc-count">{{ item.count }}</span></a>
    </nav>`,
  props: { items: Array, label: String },
  updated() {
    const nav = this.$el
    const current = nav.querySelector('[aria-current]')
    if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.clientWidth) / 2
  },
  methods: {
    choose(event, key) {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      this.$emit('chosen', { key })
    },
  },
}
