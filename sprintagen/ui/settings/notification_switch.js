const WORDS = {
  granted: ["On", "green", "Turn it off in the browser's settings for this site."],
  denied: ["Refused", "amber", "Allow notifications for this site in the browser's settings."],
  default: ["Off", "", "A permission or a question that waits is told by your system while this page is hidden."],
  missing: ["Not possible", "", "This browser tells nothing: it needs https:// or this machine itself, and Android's cannot."],
};

export default {
  template: `<div class="setting" data-testid="notification-switch"><svg class="icon" aria-hidden="true"><use href="#i-bell"></use></svg>
    <div class="setting__words"><div class="setting__title">Tell me when a session needs me</div><div class="setting__detail">{{ words[2] }}</div></div>
    <span class="setting__state" :data-tone="words[1]" role="status">{{ words[0] }}</span>
    <div v-if="state === 'default'" class="setting__actions"><button type="button" class="btn btn--plain" @click="ask"><span class="btn__text">Turn on</span></button></div></div>`,
  data: () => ({ state: "Notification" in window && window.isSecureContext && !/Android/.test(navigator.userAgent) ? Notification.permission : "missing" }),
  computed: {
    words() {
      return WORDS[this.state] || WORDS.default;
    },
  },
  methods: {
    async ask() {
      this.state = await Notification.requestPermission();
    },
  },
};
