// Lines of which only those that changed are drawn again, so that what is opened or looked at stays so. The markup of a
// line comes escaped from the server.
export default {
  template: '<component :is="of" :class="kind"><component :is="each" v-for="line in lines" :key="line.key" :class="line.kind" v-html="line.html"></component></component>',
  props: { of: String, each: String, kind: String, lines: Array },
}
