// A calendar of posts. Times are those of the wall in the workspace's zone: the server decides what they mean.
import FullCalendar from 'socialclaw-fullcalendar'

export default {
  template: '<div></div>',
  props: { events: Array, view: String, day: String, words: Object, movable: Boolean },
  mounted() {
    this.calendar = new FullCalendar.Calendar(this.$el, {
      initialView: this.view || (window.innerWidth < 700 ? 'listMonth' : 'dayGridMonth'),
      initialDate: this.day,
      timeZone: 'UTC',
      firstDay: 1,
      height: 'auto',
      headerToolbar: { left: 'prev,next today', center: 'title', right: 'dayGridMonth,timeGridWeek,listMonth' },
      buttonText: this.words,
      dayMaxEvents: 4,
      editable: this.movable,
      eventDurationEditable: false,
      eventTimeFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
      slotLabelFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
      nowIndicator: false,
      scrollTime: '08:00:00',
      events: this.copied(),
      datesSet: (shown) =>
        this.$emit('range', { start: shown.startStr, end: shown.endStr, view: shown.view.type, day: this.calendar.view.currentStart.toISOString() }),
      dateClick: (clicked) => this.$emit('slot', { at: clicked.dateStr, whole_day: clicked.allDay }),
      eventClick: (clicked) => {
        clicked.jsEvent.preventDefault()
        this.$emit('chosen', { id: clicked.event.id })
      },
      eventDrop: (moved) => {
        this.pending = { ...this.pending, [moved.event.id]: moved }
        this.$emit('moved', { id: moved.event.id, at: moved.event.start.toISOString().slice(0, 19), revision: moved.event.extendedProps.revision })
      },
    })
    this.pending = {}
    this.calendar.render()
  },
  beforeUnmount() {
    this.calendar.destroy()
  },
  watch: {
    events() {
      this.calendar.removeAllEvents()
      this.calendar.addEventSource(this.copied())
    },
  },
  methods: {
    copied() {
      return JSON.parse(JSON.stringify(this.events))
    },
    revertMove(id) {
      if (this.pending[id]) this.pending[id].revert()
      delete this.pending[id]
    },
  },
}
