/** The meeting page: stage, thumbnails, bars, panels and controls around one Session. */
import { h, button, icon, setIcon, say, write } from './dom.js';
import { byName, clock, t } from './text.js';
import { Bars } from './bars.js';
import { Chat } from './chat.js';
import { Controls } from './controls.js';
import { People } from './people.js';
import { Tile } from './tile.js';
import { deviceFields } from './join.js';
import { languageSwitch } from './language.js';
import { Meter, openScreen } from './media.js';
import { stepped, wantedViews } from './views.js';

const QUIET_MS = 1500; // an empty stage this long takes whoever is there
const TROUBLE_S = 8; // a limit must last before it is worth a sentence
const KEEP_MS = 4000;
const LOUD = 0.55;

export class Meeting {
	#session;
	#devices;
	#tiles = [];
	#fillers = new Map();
	#audio = new Map();
	#bars = new Bars();
	#panel = null;
	#pinned = null;
	#blocked = { audio: false, video: false };
	#capacity = 3;
	#asked = { thumbs: 0, since: 0 };
	#stageEmpty_ms = 0;
	#trouble = { cpu: 0, up: 0, down: 0, loud: 0 };
	#link = 'open';
	#mediaState = 'connecting';
	#was = { lost: false };
	#network = null;
	#timers = [];
	#planned = 0;
	#meter = new Meter();
	#stops = [];

	/**
	 * @param {import('./session.js').Session} session @param {import('./media.js').Devices} devices
	 * @param {{left: () => void}} tell
	 */
	constructor(session, devices, tell) {
		this.#session = session;
		this.#devices = devices;
		const act = (work, done) => this.#act(work, done);
		this.people = new People(session, act, () => this.#show(null));
		this.chat = new Chat(session, act, () => this.#show(null));
		const fields = deviceFields(devices);
		this.#stops.push(fields.off);
		this.devicesPanel = h(
			'section.panel',
			{ label: 'devices.title', hidden: true },
			h('header', {}, h('h2', { t: 'devices.title' }), button('button.button.plain', { icon: icon('x-lg'), t: 'close', onclick: () => this.#show(null) })),
			fields.element,
			languageSwitch(),
		);
		this.controls = new Controls({
			microphone: () => this.#act(() => this.#microphone()),
			camera: () => this.#act(() => this.#camera()),
			share: () => this.#act(() => this.#share()),
			hand: () => this.#act(() => session.request('hand', { up: !Number.isInteger(session.room.me?.hand) })),
			people: () => this.#show('people'),
			chat: () => this.#show('chat'),
			devices: () => this.#show('devices'),
			leave: tell.left,
			end: () => this.#act(() => session.request('end')),
		});
		this.title = h('h1.room-name');
		this.count = h('span.count');
		this.time = h('time.clock');
		this.line = h('span.line', { data: { line: 'connecting' } }, h('span', { t: 'line.connecting' }), icon('reception-0'));
		this.lockMark = h('span.locked', { hidden: true }, icon('lock-fill'), h('span', { t: 'meeting.locked' }));
		this.stage = new Tile({ slot: 'v0' });
		this.stage.element.classList.add('stage');
		this.quiet = h('p.quiet', { t: 'meeting.alone' });
		this.stage.element.append(this.quiet);
		this.self = new Tile({ self: true });
		this.strip = h('aside.strip', { label: 'meeting.strip' }, this.self.element);
		this.floor = h('div.floor', {}, h('section.stage-area', { label: 'meeting.stage' }, this.stage.element), this.strip, this.people.element, this.chat.element, this.devicesPanel);
		this.element = h(
			'main.meeting',
			{ data: { panel: '' } },
			h('header.top', {}, this.title, this.count, this.lockMark, h('span.spring'), this.time, this.line),
			this.#bars.element,
			this.floor,
			this.controls.element,
		);
		this.#listen();
	}

	/** Into the page. The session may have joined already, or does so later. */
	start() {
		if (this.#session.call) this.#take(this.#session.call);
		this.#sync();
		this.#timers.push(setInterval(() => this.#tick(), 500));
		const observer = new ResizeObserver(() => this.#layout());
		observer.observe(this.floor);
		this.#stops.push(() => observer.disconnect());
		this.#layout();
		this.#draw();
	}

	stop() {
		for (const timer of this.#timers) clearInterval(timer);
		for (const stop of this.#stops) stop();
		this.#meter.stop();
		for (const element of this.#audio.values()) {
			element.srcObject = null;
			element.remove();
		}
		for (const kind of ['camera', 'microphone']) this.#devices.shut(kind);
		this.#screen?.stop();
	}

	#screen = null;

	#listen() {
		const session = this.#session;
		const on = (type, listener) => this.#stops.push(session.on(type, listener));
		on('joined', () => this.#joined());
		on('changed', (message) => this.#changed(message));
		on('call', (call) => this.#take(call));
		on('state', (state) => this.#state(state));
		on('retry', ({ attempt }) => {
			if (attempt > 1) this.#bars.show('server', { tone: 'danger', t: ['bar.server', { n: attempt }] });
		});
		on('health', (health) => this.#health(health));
		on('network', (network) => this.#network_(network));
		on('chat', (message) => {
			this.chat.message(message);
			if (this.#panel !== 'chat' && message.from !== session.room.self.id) {
				this.#bars.show('chat', {
					tone: 'info',
					t: ['bar.chat', { site: message.name ?? '', text: String(message.text).slice(0, 120) }],
					for_ms: 6000,
					actions: [{ t: 'chat.open', onclick: () => this.#show('chat') }],
				});
			}
			this.#draw();
		});
		on('muted', ({ kind, on: closed }) => (closed === false ? this.#allowed(kind) : this.#muted(kind)));
		on('draining', ({ seconds }) => this.#bars.show('draining', { tone: 'warn', t: ['bar.draining', { seconds: seconds ?? 5 }] }));
		this.#stops.push(this.#devices.on('changed', () => this.#sync()));
		this.#stops.push(this.#devices.on('ended', ({ kind }) => this.#deviceTrouble(kind)));
	}

	#joined() {
		const { room } = this.#session;
		for (const id of ['server', 'draining', 'reconnecting', 'refused']) this.#bars.hide(id);
		this.#blocked = { audio: Boolean(room.me?.muted?.includes('audio')), video: Boolean(room.me?.muted?.includes('video')) };
		this.#draw();
	}

	/** New tracks, at the start and after the daemon lost the transport. */
	#take(call) {
		for (const [slot] of call.slots) {
			const track = call.track(slot);
			if (slot.startsWith('a')) {
				let element = this.#audio.get(slot);
				if (!element) {
					element = h('audio', { data: { slot } });
					this.#audio.set(slot, element);
					this.element.append(element);
				}
				element.srcObject = new MediaStream([track]);
				this.#speaker(element);
				element.play().catch((error) => error?.name === 'NotAllowedError' && this.#askForSound());
			} else if (slot === 'v0') {
				this.stage.track(track);
			} else {
				this.#thumb(Number(slot.slice(1))).track(track);
			}
		}
		this.#plan();
	}

	#thumb(index) {
		let tile = this.#tiles[index - 1];
		if (tile) return tile;
		const pin = h('button.button.small', { type: 'button', t: 'meeting.pin', onclick: () => this.#pin(tile.site?.id) });
		const floor = h('button.button.small.lead-only', {
			type: 'button',
			t: 'chair.floor',
			onclick: () => tile.site && this.#act(() => this.people.giveFloor(tile.site)),
		});
		tile = new Tile({ slot: `v${index}`, actions: [pin, floor] });
		tile.element.hidden = true;
		this.#tiles[index - 1] = tile;
		this.strip.insertBefore(tile.element, this.self.element);
		return tile;
	}

	#askForSound() {
		const play = () => {
			for (const element of this.#audio.values()) element.play().catch(() => {});
			this.#bars.hide('sound');
		};
		this.#bars.show('sound', { tone: 'stage', t: 'bar.sound', actions: [{ t: 'bar.sound', onclick: play, main: true }] });
		document.addEventListener('pointerdown', play, { once: true });
	}

	#speaker(element) {
		if (element.setSinkId && this.#devices.wanted.speaker) element.setSinkId(this.#devices.wanted.speaker).catch(() => {});
	}

	/* What is sent */

	/** The session carries the tracks the devices have. */
	#sync() {
		const { camera, microphone } = this.#devices.tracks;
		if (this.#now.microphone !== microphone) {
			this.#now.microphone = microphone;
			this.#session.microphone(microphone);
			this.#meter.start(microphone);
		}
		if (this.#now.camera !== camera) {
			this.#now.camera = camera;
			this.#session.camera(camera);
			if (!camera && this.#session.media.video) this.#session.publish({ video: false }).catch(() => {});
			this.self.track(camera);
		}
		for (const element of this.#audio.values()) this.#speaker(element);
		this.#draw();
	}

	#now = { camera: null, microphone: null };

	async #microphone() {
		const on = this.#session.media.audio && !this.#blocked.audio;
		if (on) return this.#session.publish({ audio: false });
		if (!this.#devices.tracks.microphone) {
			if (this.#devices.wanted.microphone === null) this.#devices.wanted.microphone = '';
			if (!(await this.#devices.open('microphone'))) return this.#deviceTrouble('microphone');
			this.#sync();
		}
		this.#bars.hide('device-microphone');
		const refused = await this.#session.publish({ audio: true });
		if (refused.includes('audio')) return this.#muted('audio');
		this.#blocked.audio = false;
		for (const id of ['muted-audio', 'floor', 'talking']) this.#bars.hide(id);
	}

	async #camera() {
		if (this.#session.media.video && this.#devices.tracks.camera) {
			await this.#session.publish({ video: false });
			this.#devices.shut('camera');
			return;
		}
		if (this.#devices.wanted.camera === null) this.#devices.wanted.camera = '';
		if (!(await this.#devices.open('camera'))) return this.#deviceTrouble('camera');
		this.#sync();
		this.#bars.hide('device-camera');
		const refused = await this.#session.publish({ video: true });
		if (refused.includes('video')) return this.#muted('video');
		this.#blocked.video = false;
		this.#bars.hide('muted-video');
	}

	async #share() {
		const stop = async () => {
			this.#screen?.stop();
			this.#screen = null;
			this.#bars.hide('sharing');
			await this.#session.screen(null);
			this.#draw();
		};
		if (this.#screen) return stop();
		let track;
		try {
			track = await openScreen();
		} catch {
			return this.#bars.show('share', { tone: 'warn', t: 'bar.share.failed', for_ms: 8000, close: true });
		}
		if (!track) return;
		this.#screen = track;
		track.onended = () => stop().catch(() => {});
		await this.#session.screen(track);
		this.#bars.show('sharing', { tone: 'stage', t: 'bar.sharing', actions: [{ t: 'share.on', onclick: () => this.#act(stop) }] });
	}

	#deviceTrouble(kind) {
		const key = this.#devices.failures[kind];
		if (!key) return;
		const again = () => this.#act(() => (kind === 'camera' ? this.#camera() : this.#microphone()));
		this.#bars.show(`device-${kind}`, { tone: 'warn', t: key, close: true, actions: [{ t: 'retry', onclick: again }] });
		if (kind === 'microphone' && this.#session.media.audio) this.#session.publish({ audio: false }).catch(() => {});
		this.#draw();
	}

	#muted(kind) {
		const media = kind === 'video' ? 'video' : 'audio';
		this.#blocked[media] = true;
		if (media === 'audio') {
			this.#session.publish({ audio: false }).catch(() => {});
			const ask = () => this.#act(() => this.#session.request('hand', { up: true }));
			this.#bars.show('muted-audio', { tone: 'warn', t: 'bar.muted', close: true, actions: [{ t: 'hand.off', onclick: ask, main: true }] });
		} else {
			this.#session.publish({ video: false }).catch(() => {});
			this.#devices.shut('camera');
			this.#bars.show('muted-video', { tone: 'warn', t: 'bar.muted.camera', close: true });
		}
		this.#draw();
	}

	/** The chair has lifted the mute: the person decides when to speak. */
	#allowed(kind) {
		const media = kind === 'video' ? 'video' : 'audio';
		this.#blocked[media] = false;
		this.#bars.hide(`muted-${media}`);
		if (media === 'audio' && !this.#bars.has('floor')) {
			this.#bars.show('muted-audio', {
				tone: 'stage',
				t: 'bar.allowed',
				close: true,
				for_ms: 30_000,
				actions: [{ t: 'mic.off', main: true, onclick: () => this.#act(() => this.#microphone()) }],
			});
		}
		this.#draw();
	}

	/** Does what a button asks, and says so when it did not work. */
	async #act(work, done) {
		try {
			await work();
			if (done) this.#bars.show('done', { tone: 'good', t: done, for_ms: 4000 });
		} catch (error) {
			if (error?.code === undefined) console.error(error);
			this.#bars.show('failed', {
				tone: 'warn',
				t: error?.code === 'forbidden' ? 'bar.forbidden' : 'bar.failed',
				code: error?.code,
				for_ms: 6000,
				close: true,
			});
		}
		this.#draw();
	}

	/* What is seen */

	#show(panel) {
		this.#panel = this.#panel === panel ? null : panel;
		this.element.dataset.panel = this.#panel ?? '';
		this.people.show(this.#panel === 'people');
		this.chat.show(this.#panel === 'chat');
		this.devicesPanel.hidden = this.#panel !== 'devices';
		if (!this.#panel && panel === null) this.controls.people.focus();
		this.#layout();
		this.#draw();
	}

	#pin(id) {
		this.#pinned = id ?? null;
		if (id) {
			const site = this.#session.room.sites.get(id);
			this.#bars.show('pinned', {
				tone: 'info',
				t: ['meeting.pinned', { site: site?.name ?? '' }],
				actions: [{ t: 'meeting.unpin', onclick: () => this.#pin(null) }],
			});
		} else {
			this.#bars.hide('pinned');
		}
		this.#plan();
	}

	#changed(message) {
		const { room } = this.#session;
		if (message?.type === 'room-changed' || message?.type === 'speaking') {
			if (room.stage || room.speaking.some((id) => id !== room.self.id)) this.#stageEmpty_ms = 0;
		}
		if (message?.type === 'room-changed') this.#staged();
		if (this.#pinned && !room.sites.has(this.#pinned)) this.#pin(null);
		this.people.plan();
		if (message?.type === 'speaking') this.#speaking();
		else this.#draw();
		if (message?.type !== 'speaking') this.#plan();
	}

	/** This site is given the stage, or it is taken back. */
	#staged() {
		const { room, media } = this.#session;
		const mine = room.stage === room.self.id;
		if (mine === this.#was.staged) return;
		this.#was.staged = mine;
		if (mine) this.#bars.hide('muted-audio');
		if (!mine) {
			this.#bars.hide('floor');
			this.#bars.hide('stage');
		} else if (media.audio && !this.#blocked.audio) {
			this.#bars.show('stage', { tone: 'stage', t: 'bar.stage' });
		} else {
			this.#bars.show('floor', {
				tone: 'stage',
				t: 'bar.floor',
				actions: [{ t: 'bar.floor.speak', main: true, onclick: () => this.#act(() => this.#microphone()) }],
			});
		}
		if (mine && Number.isInteger(room.me?.hand)) this.#session.request('hand', { up: false }).catch(() => {});
	}

	#speaking() {
		const loud = new Set(this.#session.room.speaking);
		for (const tile of [this.stage, this.self, ...this.#tiles, ...this.#fillers.values()]) tile?.speaking(Boolean(tile.site && loud.has(tile.site.id)));
	}

	/** How many thumbnails have room. */
	#layout() {
		const { clientWidth: width, clientHeight: height } = this.strip;
		if (width && height) {
			const tile = this.self.element;
			const gap = 8;
			const columns = Math.max(1, Math.floor((width + gap) / (tile.clientWidth + gap)));
			const fit = columns * Math.floor((height + gap) / (tile.clientHeight + gap));
			this.#capacity = Math.max(0, fit - 1);
		} else {
			this.#capacity = 0;
		}
		this.#plan();
	}

	/** Soon, once for many reasons: what the slots should carry. */
	#plan() {
		this.#planned ||= setTimeout(() => {
			this.#planned = 0;
			this.#ask();
		}, 150);
	}

	#ask() {
		const { call, room } = this.#session;
		if (!call) return;
		const slots = [...call.slots.keys()].filter((slot) => slot.startsWith('v')).length;
		const ratio = globalThis.devicePixelRatio || 1;
		// What shrinks for a moment (a bar, a question) keeps its pictures.
		const now = performance.now();
		if (this.#capacity >= this.#asked.thumbs || (this.#asked.since && now - this.#asked.since >= KEEP_MS)) {
			this.#asked = { thumbs: this.#capacity, since: 0 };
		} else if (!this.#asked.since) {
			this.#asked.since = now;
			setTimeout(() => this.#plan(), KEEP_MS);
		}
		this.#session.view(
			wantedViews({
				slots,
				stageHeight: stepped(this.stage.element.clientHeight * ratio),
				thumbHeight: stepped(this.self.element.clientHeight * ratio),
				thumbs: this.#asked.thumbs,
				pinned: this.#pinned,
				sharing: room.sharing,
				stageEmpty: this.#stageEmpty_ms > QUIET_MS,
			}),
		);
		this.#draw();
	}

	#draw() {
		const { room, media } = this.#session;
		const row = (id) => room.sites.get(id) ?? (id ? { id, name: '', state: 'live' } : null);
		write(this.title, room.name || room.id);
		document.title = room.name || room.id || t('brand');
		say(this.count, 'meeting.count', { n: room.total });
		write(this.time, clock(Date.now()));
		this.lockMark.hidden = !room.locked;
		this.element.dataset.leads = String(room.leads);

		const main = room.slots.get('v0');
		const meant = this.#pinned ?? (room.stage !== room.self.id ? room.stage : null);
		this.stage.set(main ? row(main.site) : row(meant), main ?? (meant ? {} : null));
		this.quiet.hidden = Boolean(this.stage.site);
		say(this.quiet, room.total > 1 ? 'meeting.quiet' : 'meeting.alone');

		const shown = new Set([room.self.id, this.stage.site?.id]);
		let last = 0;
		this.#tiles.forEach((tile, i) => {
			const entry = i < this.#capacity ? room.slots.get(tile.slot) : null;
			tile.set(entry ? row(entry.site) : null, entry ?? null);
			if (!entry) return;
			last = i + 1;
			shown.add(entry.site);
		});
		// An empty place among filled ones keeps its room, so that nothing jumps.
		this.#tiles.forEach((tile, i) => (tile.element.hidden = i >= last));
		this.#fill(shown, this.#capacity - last);

		const me = room.me ?? { id: room.self.id, name: t('meeting.you'), state: 'live' };
		const sendsVideo = Boolean(media.video && this.#devices.tracks.camera);
		this.self.set({ ...me, audio: this.#mic() === 'on', video: sendsVideo, muted: this.#blocked.audio ? ['audio'] : [] }, sendsVideo ? { kind: 'camera' } : { reason: 'off' });
		this.#speaking();
		this.controls.leads = room.leads;
		this.controls.total = room.total;
		this.controls.update({
			mic: this.#mic(),
			camera: this.#blocked.video ? 'blocked' : sendsVideo ? 'on' : 'off',
			sharing: Boolean(this.#screen),
			hand: Number.isInteger(me.hand) ? me.hand : null,
			panel: this.#panel,
			unread: this.chat.unread,
			hands: room.leads ? room.hands.length : 0,
		});
		this.#chairBars();
		this.people.plan();
	}

	#mic() {
		if (this.#blocked.audio) return 'blocked';
		if (!this.#devices.tracks.microphone) return this.#devices.failures.microphone ? 'none' : 'off';
		return this.#session.media.audio ? 'on' : 'off';
	}

	/** Sites without a picture take the places left over, by name. */
	#fill(shown, places) {
		const { room } = this.#session;
		const rest = [...room.sites.values()].filter((site) => !shown.has(site.id) && site.state !== 'waiting' && site.name);
		const kept = rest.filter((site) => this.#fillers.has(site.id));
		const fresh = rest.filter((site) => !this.#fillers.has(site.id)).sort(byName);
		const chosen = new Map([...kept, ...fresh].slice(0, Math.max(places, 0)).map((site) => [site.id, site]));
		for (const [id, tile] of this.#fillers) {
			if (chosen.has(id)) continue;
			tile.element.remove();
			this.#fillers.delete(id);
		}
		for (const [id, site] of chosen) {
			let tile = this.#fillers.get(id);
			if (!tile) {
				tile = new Tile({});
				this.#fillers.set(id, tile);
				this.strip.insertBefore(tile.element, this.self.element);
			}
			tile.set(site, null);
		}
	}

	#chairBars() {
		const { room } = this.#session;
		const waiting = room.leads ? room.waiting : [];
		if (waiting.length) {
			const admit = () => this.#act(() => Promise.all(waiting.map(({ id }) => this.#session.request('admit', { site: id }))));
			this.#bars.show('waiting', { tone: 'info', t: ['bar.waiting', { n: waiting.length }], actions: [{ t: 'chair.admit.all', onclick: admit }] });
		} else if (room.me?.state === 'waiting') {
			this.#bars.show('waiting', { tone: 'info', t: 'bar.waiting.self' });
		} else {
			this.#bars.hide('waiting');
		}
		const hands = room.leads ? room.hands.filter(({ id }) => id !== room.self.id && id !== room.stage) : [];
		if (!hands.length) return this.#bars.hide('hands');
		const [first] = hands;
		this.#bars.show('hands', {
			tone: 'info',
			t: hands.length > 1 ? ['bar.hands', { site: first.name, n: hands.length - 1 }] : ['bar.hand', { site: first.name }],
			actions: [{ t: 'chair.floor', main: true, onclick: () => this.#act(() => this.people.giveFloor(first)) }],
		});
	}

	/* How the line is */

	#state({ link, media }) {
		if (link) this.#link = link;
		if (media) this.#mediaState = media;
		this.element.dataset.link = this.#link;
		this.element.dataset.media = this.#mediaState;
		const lost = this.#link === 'lost' || this.#mediaState === 'lost';
		if (lost) {
			this.#was.lost = true;
			this.#bars.hide('back');
			if (this.#session.joined) this.#bars.show('reconnecting', { tone: 'danger', t: 'bar.reconnecting' });
		} else {
			this.#bars.hide('reconnecting');
			this.#bars.hide('server');
			if (this.#mediaState === 'connected') this.#bars.hide('media');
			if (this.#was.lost && this.#mediaState === 'connected') {
				this.#was.lost = false;
				this.#bars.show('back', { tone: 'good', t: ['bar.back', { time: clock(Date.now()) }], for_ms: 6000 });
			}
		}
		this.#drawLine();
	}

	#network_({ down, level, reason }) {
		this.#network = { down, level, reason };
		this.#drawLine();
	}

	/** Bars 0…4 from what the daemon estimates, else from the last seconds' loss and delay. */
	#drawLine(health = this.#lastHealth) {
		this.#lastHealth = health;
		const lost = this.#link === 'lost' || this.#mediaState === 'lost';
		let level = 4;
		if (lost) level = 0;
		else if (this.#mediaState !== 'connected') level = null;
		else if (this.#network?.level !== undefined) level = this.#network.level;
		else if (health) level = health.down.loss > 0.1 ? 1 : health.down.loss > 0.04 ? 2 : health.down.rtt_ms > 400 ? 3 : 4;
		const name = level === null ? 'connecting' : level === 0 ? 'lost' : level <= 2 ? 'weak' : 'good';
		this.line.dataset.line = name;
		say(this.line.firstChild, `line.${name}`);
		setIcon(this.line.lastChild, BARS[level ?? 0].icon);
	}

	#lastHealth = null;

	#health(health) {
		for (const tile of [this.stage, ...this.#tiles]) {
			const slot = health.slots[tile.slot];
			if (slot) tile.frame(slot.age_ms);
		}
		const count = (name, bad) => (this.#trouble[name] = bad ? Math.min(this.#trouble[name] + 1, 2 * TROUBLE_S) : Math.max(this.#trouble[name] - 2, 0));
		const bar = (id, key, n) => {
			if (n >= TROUBLE_S) this.#bars.show(id, { tone: 'warn', t: key, close: true });
			else if (n === 0) this.#bars.hide(id);
		};
		bar('cpu', 'bar.cpu', count('cpu', health.up.cpu));
		bar('up', 'bar.up.weak', count('up', health.up.starved));
		bar('down', 'bar.down.weak', count('down', health.down.loss > 0.1 || (this.#network && this.#network.level <= 1)));
		this.#drawLine(health);
	}

	/** Twice a second: the clock, the empty stage, and whether somebody talks into a closed microphone. */
	#tick() {
		const { room } = this.#session;
		write(this.time, clock(Date.now()));
		const empty = !room.slots.has('v0') && !room.stage && !room.speaking.some((id) => id !== room.self.id);
		const before = this.#stageEmpty_ms > QUIET_MS;
		if (empty) this.#stageEmpty_ms += 500;
		else if (!before) this.#stageEmpty_ms = 0;
		if (before !== this.#stageEmpty_ms > QUIET_MS) this.#plan();
		if (this.#mediaState === 'connecting' && this.#session.joined) {
			this.#waiting_ms += 500;
			if (this.#waiting_ms === 10_000) this.#bars.show('media', { tone: 'warn', t: 'bar.media' });
		} else {
			this.#waiting_ms = 0;
		}
		const level = this.#meter.level();
		const closed = this.#mic() === 'off' && this.#session.joined;
		this.#trouble.loud = closed && level > LOUD ? this.#trouble.loud + 1 : Math.max(0, this.#trouble.loud - 1);
		if (this.#trouble.loud > 6) {
			this.#trouble.loud = 0;
			this.#bars.show('talking', {
				tone: 'warn',
				t: 'bar.talking',
				for_ms: 8000,
				close: true,
				actions: [{ t: 'mic.off', onclick: () => this.#act(() => this.#microphone()) }],
			});
		}
	}

	#waiting_ms = 0;
}

const BARS = [{ icon: 'reception-0' }, { icon: 'reception-1' }, { icon: 'reception-2' }, { icon: 'reception-3' }, { icon: 'reception-4' }];
