/** The meeting page: stage, thumbnails, bars, panels and controls around one Session. */
import { h, button, icon, setIcon, say, write } from './dom.js';
import { byName, clock, t } from './text.js';
import { Bars } from './bars.js';
import { Chat } from './chat.js';
import { Controls } from './controls.js';
import { People } from './people.js';
import { Line } from './line.js';
import { Own } from './own.js';
import { Tile } from './tile.js';
import { deviceFields } from './join.js';
import { languageSwitch } from './language.js';
import { stepped, wantedViews } from './views.js';

const QUIET_MS = 1500; // an empty stage this long takes whoever is there
const KEEP_MS = 4000;

export class Meeting {
	#session;
	#devices;
	#tiles = [];
	#fillers = new Map();
	#audio = new Map();
	#bars = new Bars();
	#panel = null;
	#pinned = null;
	#capacity = 3;
	#asked = { thumbs: 0, since: 0 };
	#stageEmpty_ms = 0;
	#staged = false;
	#line = new Line(this.#bars);
	#own;
	#timers = [];
	#planned = 0;
	#stops = [];

	/**
	 * @param {import('./session.js').Session} session @param {import('./media.js').Devices} devices
	 * @param {{left: () => void}} tell
	 */
	constructor(session, devices, tell) {
		this.#session = session;
		this.#devices = devices;
		const act = (work, done) => this.#act(work, done);
		this.#own = new Own(session, devices, { bars: this.#bars, act, draw: () => this.#draw() });
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
			microphone: () => act(() => this.#own.microphone()),
			camera: () => act(() => this.#own.camera()),
			share: () => act(() => this.#own.share()),
			hand: () => act(() => session.request('hand', { up: !Number.isInteger(session.room.me?.hand) })),
			people: () => this.#show('people'),
			chat: () => this.#show('chat'),
			devices: () => this.#show('devices'),
			leave: tell.left,
			end: () => act(() => session.request('end')),
		});
		this.title = h('h1.room-name');
		this.count = h('span.count');
		this.time = h('time.clock');
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
			h('header.top', {}, this.title, this.count, this.lockMark, h('span.spring'), this.time, this.#line.element),
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
		this.controls.mic.focus({ preventScroll: true });
	}

	stop() {
		for (const timer of this.#timers) clearInterval(timer);
		for (const stop of this.#stops) stop();
		this.#own.stop();
		for (const element of this.#audio.values()) {
			element.srcObject = null;
			element.remove();
		}
	}

	#listen() {
		const session = this.#session;
		const on = (type, listener) => this.#stops.push(session.on(type, listener));
		on('joined', () => this.#joined());
		on('changed', (message) => this.#changed(message));
		on('call', (call) => this.#take(call));
		on('state', (state) => {
			this.#line.state(state, session.joined);
			this.element.dataset.link = this.#line.link;
			this.element.dataset.media = this.#line.media;
		});
		on('retry', ({ attempt }) => this.#line.retry(attempt));
		on('health', (health) => this.#health(health));
		on('network', (network) => this.#line.network(network));
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
		on('muted', ({ kind, on: closed }) => (closed === false ? this.#own.allowed(kind) : this.#own.muted(kind)));
		on('draining', ({ seconds }) => this.#bars.show('draining', { tone: 'warn', t: ['bar.draining', { seconds: seconds ?? 5 }] }));
		this.#stops.push(this.#devices.on('changed', () => this.#sync()));
		this.#stops.push(this.#devices.on('ended', ({ kind }) => this.#own.trouble(kind)));
	}

	#joined() {
		const { room } = this.#session;
		for (const id of ['server', 'draining', 'reconnecting', 'refused']) this.#bars.hide(id);
		this.#own.joined(room.me?.muted);
		this.#stagedNow();
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
			onclick: () => tile.site && this.#act(() => this.#session.request('stage', { site: tile.site.id })),
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

	/** The devices have changed. */
	#sync() {
		this.self.track(this.#own.sync());
		for (const element of this.#audio.values()) this.#speaker(element);
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
		if (message?.type === 'room-changed') this.#stagedNow();
		if (this.#pinned && !room.sites.has(this.#pinned)) this.#pin(null);
		this.people.plan();
		if (message?.type === 'speaking') this.#speaking();
		else this.#draw();
		if (message?.type !== 'speaking') this.#plan();
	}

	/** This site is given the stage, or it is taken back. */
	#stagedNow() {
		const { room } = this.#session;
		const mine = room.stage === room.self.id;
		if (mine === this.#staged) return;
		this.#staged = mine;
		if (mine) this.#bars.hide('muted-audio');
		if (!mine) {
			this.#bars.hide('floor');
			this.#bars.hide('stage');
		} else if (this.#own.mic === 'on') {
			this.#bars.show('stage', { tone: 'stage', t: 'bar.stage' });
		} else {
			this.#bars.show('floor', {
				tone: 'stage',
				t: 'bar.floor',
				actions: [{ t: 'bar.floor.speak', main: true, onclick: () => this.#act(() => this.#own.microphone()) }],
			});
		}
	}

	#speaking() {
		const loud = new Set(this.#session.room.speaking);
		for (const tile of [this.stage, this.self, ...this.#tiles, ...this.#fillers.values()]) tile?.speaking(Boolean(tile.site && loud.has(tile.site.id) && tile.element.dataset.kind !== 'screen'));
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
		const { room } = this.#session;
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
		const { mic, cam } = this.#own;
		const own = { ...me, audio: mic === 'on', video: cam === 'on', muted: mic === 'blocked' ? ['audio'] : [] };
		this.self.set(own, cam === 'on' ? { kind: 'camera' } : { reason: 'off' });
		this.#speaking();
		this.controls.leads = room.leads;
		this.controls.total = room.total;
		this.controls.update({
			mic,
			camera: cam,
			sharing: this.#own.sharing,
			hand: Number.isInteger(me.hand) ? me.hand : null,
			panel: this.#panel,
			unread: this.chat.unread,
			hands: room.leads ? room.hands.length : 0,
		});
		this.#chairBars();
		this.people.plan();
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
			actions: [{ t: 'chair.floor', main: true, onclick: () => this.#act(() => this.#session.request('stage', { site: first.id })) }],
		});
	}

	#health(health) {
		for (const tile of [this.stage, ...this.#tiles]) {
			const slot = health.slots[tile.slot];
			if (slot) tile.frame(slot.age_ms);
		}
		const { dataset } = this.stage.element;
		this.#line.health(health, {
			reason: this.#session.room.slots.get('v0')?.reason ?? null,
			stale: dataset.state === 'stale' && dataset.kind === 'camera' ? this.stage.site.name : null,
		});
	}

	/** Twice a second: the clock, and an empty stage. */
	#tick() {
		const { room } = this.#session;
		write(this.time, clock(Date.now()));
		const empty = !room.slots.has('v0') && !room.stage && !room.speaking.some((id) => id !== room.self.id);
		const before = this.#stageEmpty_ms > QUIET_MS;
		if (empty) this.#stageEmpty_ms += 500;
		else if (!before) this.#stageEmpty_ms = 0;
		if (before !== this.#stageEmpty_ms > QUIET_MS) this.#plan();
		if (this.#session.joined) this.#line.tick();
		this.#own.tick();
	}
}
