// A table that is sorted where it is read. What is unknown stands last in either direction, and on a phone each row is a card.
export default {
  template: `
    <div class="sc-scroll sc-sorted" role="region" :aria-label="label" tabindex="0">
      <table class="sc-table">
        <caption class="sc-unseen">{{ label }}</caption>
        <thead><tr>
          <th v-for="column in columns" :key="column.key" scope="col" :class="{ 'sc-number': column.number }" :aria-sort="direction(column)">
            <button type="button" @click="sort_by(column)">{{ column.name }}<i class="q-icon material-icons" aria-hidden="true">{{ arrow(column) }}</i></button>
          </th>
        </tr></thead>
        <tbody>
          <tr v-for="row in shown" :key="row.key" :class="{ 'sc-silent': row.silent }">
            <td v-for="(column, n) in columns" :key="column.key" :class="{ 'sc-number': column.number, 'sc-first': !n, 'sc-beside': n && !column.number, 'sc-unknown': unknown(row, column) }" :data-name="column.name" :title="cell(row, column).why || null">
              <span v-if="!n && row.mark" class="sc-cell-mark" v-html="row.mark"></span>
              <a v-if="cell(row, column).href" :href="prefix + cell(row, column).href">{{ cell(row, column).text }}</a>
              <template v-else>{{ cell(row, column).text }}</template>
              <span v-if="cell(row, column).more" class="sc-note">{{ cell(row, column).more }}</span>
            </td>
          </tr>
        </tbody>
      </table>
      <button v-if="rows.length > most" type="button" class="sc-link" @click="most += step">{{ words.more.replace('{count}', Math.min(step, rows.length - most)) }}</button>
    </div>`,
  props: { columns: Array, rows: Array, sort: String, label: String, step: Number, words: Object },
  data() {
    return { by: this.sort, down: true, most: this.step, prefix: window.path_prefix ?? '' }
  },
  watch: {
    sort() {
      this.by = this.sort
      this.down = true
    },
  },
  computed: {
    sorted() {
      if (!this.columns.some((column) => column.key === this.by)) return this.rows
      const value = (row) => row.cells[this.by]?.value ?? null
      const order = (one, other) => {
        if (one === null || other === null) return (one === null) - (other === null)
        const apart = typeof one === 'string' ? one.localeCompare(other) : one - other
        return this.down ? -apart : apart
      }
      return [...this.rows].sort((one, other) => order(value(one), value(other)))
    },
    shown() {
      return this.sorted.slice(0, this.most)
    },
  },
  methods: {
    cell(row, column) {
      return row.cells[column.key] ?? { text: '–' }
    },
    unknown(row, column) {
      return column.number && (this.cell(row, column).value ?? null) === null
    },
    direction(column) {
      return this.by === column.key ? (this.down ? 'descending' : 'ascending') : null
    },
    arrow(column) {
      return this.by === column.key ? (this.down ? 'arrow_downward' : 'arrow_upward') : 'unfold_more'
    },
    sort_by(column) {
      this.down = this.by === column.key ? !this.down : column.number || column.key === 'at'
      this.by = column.key
    },
  },
}
