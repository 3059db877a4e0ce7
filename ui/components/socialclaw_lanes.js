// Chains of posts as lanes: where each stands is decided by the server. On a narrow screen they stand below each other.
export default {
  template: `
    <div class="sc-lanes">
      <section v-for="lane in lanes" :key="lane.key" class="sc-lane">
        <div v-html="lane.head"></div>
        <div class="sc-lane-scroll" tabindex="0" role="group" :aria-label="lane.label">
          <div class="sc-lane-plane" :style="{ '--w': lane.width + 'px', '--h': lane.height + 'px' }">
            <svg :viewBox="'0 0 ' + lane.width + ' ' + lane.height" :width="lane.width" :height="lane.height" aria-hidden="true">
              <path v-for="edge in lane.edges" :key="edge.d" :d="edge.d" :class="'sc-edge-' + edge.kind"></path>
            </svg>
            <ol>
              <li v-for="node in lane.nodes" :key="node.key" :style="{ '--x': node.x + 'px', '--y': node.y + 'px', '--depth': node.depth }">
                <a class="sc-node" :href="node.href" v-html="node.html"></a>
              </li>
            </ol>
          </div>
        </div>
      </section>
    </div>`,
  props: { lanes: Array },
}
