/* Conversations: what goes in and what comes out, side by side. See rig.h for how a script reads. */
#include "rig.h"
#include "signal/sdpz.h"
#include "test.h"
#include <stdio.h>
// NOLINTBEGIN(bugprone-suspicious-missing-comma): long lines of a script are joined on purpose

static int with_rig(void **state)
{
	*state = rig_new();
	return 0;
}

static int without_rig(void **state)
{
	rig_free(*state);
	return 0;
}

/* A chairs room "r", B is a guest. */
#define TWO_IN_A_ROOM                                                                                                  \
	"A open", "A< {'type':'join','id':1,'room':'r','name':'An'}",                                                  \
	    "A> {'type':'ok','id':1,'session':{'id':'$a','csrc':'$ac','secret':'$as'},'role':'chair','...':0}",        \
	    "W> {'cmd':'room','room':'$r','chair':'$ac','...':0}", "B open",                                           \
	    "B< {'type':'join','id':1,'room':'r','name':'Binh'}",                                                      \
	    "B> "                                                                                                      \
	    "{'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'role':'guest','total':2,'...':0}", \
	    "A> {'type':'site-joined','site':{'id':'$b','csrc':'$bc','name':'Binh','role':'guest','state':'live',"     \
	    "'audio':false,'video':false,'screen':false,'hand':null},'total':2}"

static void joins(void **state)
{
	RIG_PLAY(
	    *state, "A open", "A< {'type':'join','id':1,'room':'giao-ban','name':'  UBND   tỉnh '}",
	    "A> {'type':'ok','id':1,'session':{'id':'$a','csrc':'$ac','secret':'$as'},'role':'chair',"
	    "'room':{'id':'giao-ban','name':'giao-ban','locked':false,'stage':null,'chair':'$a','count':1},"
	    "'sites':[{'id':'$a','csrc':'$ac','name':'UBND tỉnh','role':'chair','state':'live',"
	    "'audio':false,'video':false,'screen':false,'hand':null}],'total':1,"
	    "'slots':{'audio':3,'video':9},'iceServers':[]}",
	    "W> {'cmd':'room','room':'$r','stage':0,'chair':0}",
	    "W> {'cmd':'site','room':'$r','csrc':'$ac','live':true,'audio':false,'video':false,'screen':false,"
	    "'muted_audio':false,'muted_video':false,'slots':[3,9],'worker':0}",
	    "W> {'cmd':'room','room':'$r','stage':0,'chair':'$ac'}",
	    /* slots are cut to what there can be */
	    "B open", "B< {'type':'join','id':2,'room':'giao-ban','name':'B','slots':{'audio':99,'video':1}}",
	    "B> {'type':'ok','id':2,'session':{'id':'$b','csrc':'$bc','secret':'*'},'role':'guest','room':{'count':2,"
	    "'chair':'$a','...':0},'sites':[{'id':'$a','...':0},{'id':'$b','...':0}],'total':2,"
	    "'slots':{'audio':10,'video':1},'iceServers':[]}",
	    "W> {'cmd':'site','room':'$r','csrc':'$bc','slots':[10,1],'...':0}",
	    "A> {'type':'site-joined','site':{'id':'$b','...':0},'total':2}",
	    /* once a connection */
	    "B< {'type':'join','id':3,'room':'giao-ban','name':'B'}",
	    "B> {'type':'error','id':3,'code':'bad-request','message':'*'}",
	    /* another room is not told of */
	    "C open", "C< {'type':'join','id':1,'room':'other','name':'C'}",
	    "C> {'type':'ok','id':1,'role':'chair','total':1,'...':0}");
}

/* The slots of a worker are shared out: what is left is granted, then nobody new is let in; who is there keeps what it
 * has, and what a site leaves is another's. */
static void slots_are_shared_out(void **state)
{
	struct rig *rig = *state;
	rig->config.workers = 1;
	rig->config.slots_audio = 6;
	rig->config.slots_video = 10;
	rig_restart(rig);
	RIG_PLAY(
	    rig, "A open", "A< {'type':'join','id':1,'room':'r','name':'An'}",
	    "A> "
	    "{'type':'ok','id':1,'session':{'id':'$a','csrc':'$ac','secret':'$as'},'slots':{'audio':3,'video':9},'...':"
	    "0}",
	    "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh'}",
	    "B> "
	    "{'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'slots':{'audio':3,'video':1},'...':"
	    "0}",
	    "A> {'type':'site-joined','...':0}", "C open", "C< {'type':'join','id':1,'room':'r','name':'Cuc'}",
	    "C> {'type':'error','id':1,'code':'room-full','message':'the server has no slots left for another site'}",
	    /* no trace of it is left, and what is there goes on */
	    "D open", "D< {'type':'join','id':1,'room':'r','name':'An','resume':'$as','slots':{'audio':3,'video':9}}",
	    "A x 4002", "D> {'type':'ok','id':1,'total':2,'slots':{'audio':3,'video':9},'...':0}",
	    "B< {'type':'leave','id':2}", "B> {'type':'ok','id':2}", "B x 1000", "D> {'type':'site-left','...':0}",
	    "C< {'type':'join','id':2,'room':'r','name':'Cuc'}",
	    "C> {'type':'ok','id':2,'slots':{'audio':3,'video':1},'...':0}", "D> {'type':'site-joined','...':0}");
}

/* Refused is only whom no worker has slots for: who fits goes where they are left, else where some are. */
static void slots_of_any_worker_are_found(void **state)
{
	struct rig *rig = *state;
	rig->config.workers = 2;
	rig->config.slots_audio = 10;
	rig->config.slots_video = 10;
	rig_restart(rig);
#define ASKS(who, room, audio, video)                                                                                  \
	who " open", who "< {'type':'join','id':1,'room':'" room "','name':'" who "','slots':{'audio':" audio          \
			 ",'video':" video "}}"
#define GETS(who, worker, audio, video)                                                                                \
	who "> {'type':'ok','id':1,'slots':{'audio':" audio ",'video':" video "},'...':0}",                            \
	    "W> {'cmd':'site','worker':" worker ",'slots':[" audio "," video "],'...':0}"
	RIG_PLAY(
	    rig, ASKS("A", "one", "4", "10"), GETS("A", "0", "4", "10"), /* one worker's pictures are given away */
	    ASKS("B", "two", "2", "1"), GETS("B", "1", "2", "1"),	 /* as many sites here and there */
	    ASKS("C", "three", "2", "6"), GETS("C", "1", "2", "6"),	 /* more there, but the slots are there */
	    ASKS("D", "four", "2", "9"), GETS("D", "1", "2", "3"),	 /* nowhere whole: what is left */
	    ASKS("H", "five", "2", "1"),
	    "H> {'type':'error','id':1,'code':'room-full','message':'the server has no slots left for another site'}",
	    ASKS("F", "six", "4", "0"), GETS("F", "0", "4", "0"),    /* it asks for no pictures */
	    ASKS("G", "seven", "3", "0"), GETS("G", "1", "3", "0")); /* rather whole there than two here */
}

/* Seats are counted over all rooms and workers; one that is given up is another's. */
static void places_of_the_daemon_are_counted(void **state)
{
	struct rig *rig = *state;
	rig->config.sites_max = 2;
	rig_restart(rig);
	RIG_PLAY(
	    rig, "A open", "A< {'type':'join','id':1,'room':'one','name':'An'}", "A> {'type':'ok','id':1,'...':0}",
	    "B open", "B< {'type':'join','id':1,'room':'two','name':'Binh'}", "B> {'type':'ok','id':1,'...':0}",
	    "C open", "C< {'type':'join','id':1,'room':'three','name':'Cuc'}",
	    "C> {'type':'error','id':1,'code':'room-full','message':'the server has no place left for another site'}",
	    "R GET /api/v1/rooms", /* no room is left behind */
	    "R> 200 {'items':[{'id':'one','...':0},{'id':'two','...':0}]}",
	    "C< {'type':'join','id':2,'room':'one','name':'Cuc'}",
	    "C> {'type':'error','id':2,'code':'room-full','message':'the server has no place left for another site'}",
	    "B< {'type':'leave','id':2}", "B> {'type':'ok','id':2}", "B x 1000",
	    "C< {'type':'join','id':3,'room':'three','name':'Cuc'}", "C> {'type':'ok','id':3,'...':0}");
}

/* A room's sites are spread: each new one goes where the fewest of the room are, then the fewest of all. */
static void spreads_sites_over_workers(void **state)
{
#define JOINS(who, room, worker)                                                                                       \
	who " open", who "< {'type':'join','id':1,'room':'" room "','name':'" who "'}",                                \
	    who "> {'type':'ok','id':1,'...':0}", "W> {'cmd':'site','worker':" worker ",'...':0}"
	RIG_PLAY(
	    *state, JOINS("A", "one", "0"), JOINS("B", "one", "1"), "A> {'type':'site-joined','...':0}",
	    JOINS("C", "two", "0"), JOINS("D", "one", "1"), "A> {'type':'site-joined','...':0}",
	    "B> {'type':'site-joined','...':0}", /* as many of the room here and there: where the fewest of all are */
	    JOINS("G", "one", "0"), "A> {'type':'site-joined','...':0}", "B> {'type':'site-joined','...':0}",
	    "D> {'type':'site-joined','...':0}", "D< {'type':'leave','id':2}", "D> {'type':'ok','id':2}", "D x 1000",
	    "A> {'type':'site-left','...':0}", "B> {'type':'site-left','...':0}",
	    "G> {'type':'site-left','...':0}", /* its place is the next one's */
	    JOINS("F", "one", "1"), "A> {'type':'site-joined','...':0}", "B> {'type':'site-joined','...':0}",
	    "G> {'type':'site-joined','...':0}", /* and it stays there */
	    "F< {'type':'publish','id':2,'audio':true}", "W> {'cmd':'site','worker':1,'audio':true,'...':0}",
	    "F> {'type':'site-changed','...':0}", "F> {'type':'ok','id':2}", "A> {'type':'site-changed','...':0}",
	    "B> {'type':'site-changed','...':0}", "G> {'type':'site-changed','...':0}");
}

static void refuses_what_is_no_request(void **state)
{
	RIG_PLAY(*state, "A open", "A< hello", "A> {'type':'error','code':'bad-request','message':'*'}", "A< [1]",
		 "A> {'type':'error','code':'bad-request','message':'*'}", "A< ",
		 "A> {'type':'error','code':'bad-request','message':'*'}", "A< {'id':1}",
		 "A> {'type':'error','id':1,'code':'bad-request','message':'*'}", "A< {'type':'fly','id':2}",
		 "A> {'type':'error','id':2,'code':'unsupported','message':'*'}", "A< {'type':'fly'}",
		 "A> {'type':'error','code':'unsupported','message':'*'}", "A< {'type':'join','room':'r','name':'A'}",
		 "A> {'type':'error','code':'bad-request','message':'*'}", "A< {'type':'join','id':3,'name':'A'}",
		 "A> {'type':'error','id':3,'code':'bad-request','message':'*'}",
		 "A< {'type':'join','id':4,'room':'r'}",
		 "A> {'type':'error','id':4,'code':'bad-request','message':'*'}",
		 "A< {'type':'join','id':5,'room':'not a slug','name':'A'}",
		 "A> {'type':'error','id':5,'code':'bad-request','message':'*'}",
		 "A< {'type':'join','id':6,'room':'r','name':7}",
		 "A> {'type':'error','id':6,'code':'bad-request','message':'*'}",
		 "A< {'type':'join','id':7,'room':'r','name':'A','slots':{'audio':-1}}",
		 "A> {'type':'error','id':7,'code':'bad-request','message':'*'}",
		 "A< {'type':'join','id':8,'id':9,'room':'r','name':'A'}", /* a key twice */
		 "A> {'type':'error','code':'bad-request','message':'*'}", "A< {'type':'hand','id':10,'up':true}",
		 "A> {'type':'error','id':10,'code':'not-joined','message':'*'}", "A< {'type':'end','id':11}",
		 "A> {'type':'error','id':11,'code':'not-joined','message':'*'}",
		 /* and lives on */
		 "A< {'type':'join','id':12,'room':'r','name':'A'}", "A> {'type':'ok','id':12,'...':0}");
}

static void closes_what_breaks_the_protocol(void **state)
{
	RIG_PLAY(*state, "A open", "B open", "A oversize", "A> {'type':'error','code':'bad-request','message':'*'}",
		 "A x 4004", "+9s", "+1s", "B x 4004");
}

static void guests_do_not_command(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "B< {'type':'stage','id':1,'site':'$b'}",
		 "B> {'type':'error','id':1,'code':'forbidden','message':'*'}",
		 "B< {'type':'mute','id':2,'all':true,'kind':'audio'}",
		 "B> {'type':'error','id':2,'code':'forbidden','message':'*'}", "B< {'type':'kick','id':3,'site':'$a'}",
		 "B> {'type':'error','id':3,'code':'forbidden','message':'*'}", "B< {'type':'lock','id':4,'on':true}",
		 "B> {'type':'error','id':4,'code':'forbidden','message':'*'}",
		 "B< {'type':'admit','id':5,'site':'$a'}",
		 "B> {'type':'error','id':5,'code':'forbidden','message':'*'}", "B< {'type':'end','id':6}",
		 "B> {'type':'error','id':6,'code':'forbidden','message':'*'}");
}

static void publishes_and_raises_hands(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM, "B< {'type':'publish','id':1,'audio':true,'video':true}",
	    "A> {'type':'site-changed','site':'$b','audio':true,'video':true}",
	    "B> {'type':'site-changed','site':'$b','audio':true,'video':true}", "B> {'type':'ok','id':1}",
	    "W> {'cmd':'site','csrc':'$bc','audio':true,'video':true,'screen':false,'...':0}",
	    "B< {'type':'publish','id':2,'audio':true}", "B> {'type':'ok','id':2}", /* no news */
	    "B< {'type':'publish','id':3,'screen':1}", "B> {'type':'error','id':3,'code':'bad-request','message':'*'}",
	    /* the queue of hands: places move up */
	    "B< {'type':'hand','id':4,'up':true}", "A> {'type':'site-changed','site':'$b','hand':1}",
	    "B> {'type':'site-changed','site':'$b','hand':1}", "B> {'type':'ok','id':4}",
	    "A< {'type':'hand','id':5,'up':true}", "A> {'type':'site-changed','site':'$a','hand':2}",
	    "B> {'type':'site-changed','site':'$a','hand':2}", "A> {'type':'ok','id':5}",
	    "B< {'type':'hand','id':6,'up':false}", "A> {'type':'site-changed','site':'$b','hand':null}",
	    "A> {'type':'site-changed','site':'$a','hand':1}", "B> {'type':'site-changed','site':'$b','hand':null}",
	    "B> {'type':'site-changed','site':'$a','hand':1}", "B> {'type':'ok','id':6}", "B< {'type':'hand','id':7}",
	    "B> {'type':'error','id':7,'code':'bad-request','message':'*'}");
}

static void views(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM,
	    "B< {'type':'view','id':1,'slots':[{'slot':'v0','source':'$a','kind':'screen','height':720,'fps':15},"
	    "{'slot':'v1','source':'auto','height':90000},{'slot':'v2','source':null},{'slot':'v8','source':'screen'},"
	    "{'slot':'v3','source':'stage','height':180.0}]}",
	    "B> {'type':'ok','id':1}",
	    "W> {'cmd':'view','csrc':'$bc','slots':[[0,'site','$ac',true,720,15],[1,'auto',0,false,4320,30],"
	    "[2,'none',0,false,360,30],[8,'screen',0,false,360,30],[3,'stage',0,false,180,30]]}",
	    "B< {'type':'view','id':2,'slots':[]}", "B> {'type':'ok','id':2}",
	    "B< {'type':'view','id':3,'slots':[{'slot':'v9','source':'auto'}]}", /* nine were granted */
	    "B> {'type':'error','id':3,'code':'not-found','message':'*'}",
	    "B< {'type':'view','id':4,'slots':[{'slot':'a0','source':'auto'}]}",
	    "B> {'type':'error','id':4,'code':'not-found','message':'*'}",
	    "B< {'type':'view','id':5,'slots':[{'slot':'v01','source':'auto'}]}",
	    "B> {'type':'error','id':5,'code':'not-found','message':'*'}",
	    "B< {'type':'view','id':6,'slots':[{'slot':'v0','source':'nobody'}]}",
	    "B> {'type':'error','id':6,'code':'not-found','message':'*'}",
	    "B< {'type':'view','id':7,'slots':[{'slot':'v0','source':'$b'}]}",
	    "B> {'type':'error','id':7,'code':'bad-request','message':'*'}",
	    "B< {'type':'view','id':8,'slots':[{'slot':'v0'}]}",
	    "B> {'type':'error','id':8,'code':'bad-request','message':'*'}",
	    "B< {'type':'view','id':9,'slots':[{'slot':'v0','source':'auto','height':0}]}",
	    "B> {'type':'error','id':9,'code':'bad-request','message':'*'}", "B< {'type':'view','id':10,'slots':7}",
	    "B> {'type':'error','id':10,'code':'bad-request','message':'*'}");
}

static void chats(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "C open", "C< {'type':'join','id':1,'room':'r','name':'Chi'}",
		 "C> {'type':'ok','id':1,'session':{'id':'$c','...':0},'...':0}", "A> {'type':'site-joined','...':0}",
		 "B> {'type':'site-joined','...':0}", "B< {'type':'chat','id':2,'text':'xin chào\\n  cả nhà '}",
		 "A> {'type':'chat','seq':1,'from':'$b','name':'Binh','text':'xin chào\\ncả nhà','at':'$at'}",
		 "C> {'type':'chat','seq':1,'from':'$b','name':'Binh','text':'xin chào\\ncả nhà','at':'$at'}",
		 "B> {'type':'ok','id':2,'seq':1,'at':'$at'}", "B< {'type':'chat','id':3,'text':'riêng','to':'$a'}",
		 "A> {'type':'chat','seq':2,'from':'$b','name':'Binh','text':'riêng','at':'*','to':'$a'}",
		 "B> {'type':'ok','id':3,'seq':2,'at':'*'}", "B< {'type':'chat','id':4,'text':'?','to':'nobody'}",
		 "B> {'type':'error','id':4,'code':'not-found','message':'*'}", "B< {'type':'chat','id':5,'text':'  '}",
		 "B> {'type':'error','id':5,'code':'bad-request','message':'*'}",
		 "B< {'type':'roster','id':6,'from':1,'count':1}",
		 "B> {'type':'ok','id':6,'sites':[{'id':'$b','...':0}],'total':3}",
		 "B< {'type':'roster','id':7,'from':9,'count':1}", "B> {'type':'ok','id':7,'sites':[],'total':3}");
}

static void stage_and_mute(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "B< {'type':'publish','id':1,'audio':true}",
		 "A> {'type':'site-changed','site':'$b','audio':true}",
		 "B> {'type':'site-changed','site':'$b','audio':true}", "B> {'type':'ok','id':1}",
		 /* the chair mutes; the site cannot lift it */
		 "A< {'type':'mute','id':2,'site':'$b','kind':'audio'}", "A> {'type':'ok','id':2}",
		 "A> {'type':'site-changed','site':'$b','audio':false,'muted':['audio']}",
		 "B> {'type':'site-changed','site':'$b','audio':false,'muted':['audio']}",
		 "B> {'type':'muted','kind':'audio','by':'$a','on':true}",
		 "W> {'cmd':'site','csrc':'$bc','audio':false,'muted_audio':true,'...':0}",
		 "B< {'type':'publish','id':3,'audio':true}", "B> {'type':'ok','id':3,'muted':['audio']}",
		 "B< {'type':'hand','id':4,'up':true}", "A> {'type':'site-changed','site':'$b','hand':1}",
		 "B> {'type':'site-changed','site':'$b','hand':1}", "B> {'type':'ok','id':4}",
		 /* given the floor */
		 "A< {'type':'stage','id':5,'site':'$b'}", "A> {'type':'ok','id':5}",
		 "A> {'type':'room-changed','stage':'$b'}", "B> {'type':'room-changed','stage':'$b'}",
		 "W> {'cmd':'room','room':'$r','stage':'$bc','chair':'$ac'}",
		 "A> {'type':'site-changed','site':'$b','audio':false,'muted':[]}",
		 "B> {'type':'site-changed','site':'$b','audio':false,'muted':[]}",
		 "B> {'type':'muted','kind':'audio','by':'$a','on':false}",
		 "A> {'type':'site-changed','site':'$b','hand':null}",
		 "B> {'type':'site-changed','site':'$b','hand':null}", "B< {'type':'publish','id':6,'audio':true}",
		 "A> {'type':'site-changed','site':'$b','audio':true}",
		 "B> {'type':'site-changed','site':'$b','audio':true}", "B> {'type':'ok','id':6}",
		 "A< {'type':'stage','id':7,'site':null}", "A> {'type':'ok','id':7}",
		 "A> {'type':'room-changed','stage':null}", "B> {'type':'room-changed','stage':null}",
		 /* all: not the chair itself */
		 "A< {'type':'mute','id':8,'all':true,'kind':'video'}", "A> {'type':'ok','id':8}",
		 "A> {'type':'site-changed','site':'$b','video':false,'muted':['video']}",
		 "B> {'type':'site-changed','site':'$b','video':false,'muted':['video']}",
		 "B> {'type':'muted','kind':'video','by':'$a','on':true}",
		 "A< {'type':'mute','id':9,'all':true,'kind':'video','on':false}", "A> {'type':'ok','id':9}",
		 "A> {'type':'site-changed','site':'$b','video':false,'muted':[]}",
		 "B> {'type':'site-changed','site':'$b','video':false,'muted':[]}",
		 "B> {'type':'muted','kind':'video','by':'$a','on':false}", "A< {'type':'mute','id':10,'kind':'audio'}",
		 "A> {'type':'error','id':10,'code':'bad-request','message':'*'}",
		 "A< {'type':'mute','id':11,'site':'$b','kind':'smell'}",
		 "A> {'type':'error','id':11,'code':'bad-request','message':'*'}",
		 "A< {'type':'stage','id':12,'site':'nobody'}",
		 "A> {'type':'error','id':12,'code':'not-found','message':'*'}", "A< {'type':'stage','id':13}",
		 "A> {'type':'error','id':13,'code':'bad-request','message':'*'}");
}

static void kicks_and_bans(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM, "A< {'type':'kick','id':2,'site':'$b','reason':'ồn','ban':2}",
	    "A> {'type':'ok','id':2}", "B> {'type':'kicked','reason':'ồn'}",
	    "A> {'type':'site-left','site':'$b','reason':'kicked','total':1}", "B x 4001",
	    "W> {'cmd':'site-close','csrc':'$bc'}",
	    /* by its secret, and by its name */
	    "B open", "B< {'type':'join','id':1,'room':'r','name':'B2','resume':'$bs'}",
	    "B> {'type':'error','id':1,'code':'banned','message':'*','until':'*','reason':'ồn'}",
	    "B< {'type':'join','id':2,'room':'r','name':'Binh'}",
	    "B> {'type':'error','id':2,'code':'banned','message':'*','until':'*','reason':'ồn'}",
	    "B< {'type':'offer','id':3,'sdp':'x'}", "B> {'type':'error','id':3,'code':'not-joined','message':'*'}",
	    "B gone", "A< {'type':'hand','id':3,'up':false}", "A> {'type':'ok','id':3}", "+10s",
	    "A< {'type':'hand','id':3,'up':false}", "A> {'type':'ok','id':3}", "+10s", "A< {'type':'leave','id':4}",
	    "A> {'type':'ok','id':4}", "A x 1000",
	    "W> {'cmd':'room-close','room':'$r'}", /* a ban outlives the room that went with its last seat */
	    "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh'}",
	    "B> {'type':'error','id':1,'code':'banned','...':0}", "B gone", "+100s", "B open",
	    "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
	    "B> "
	    "{'type':'ok','id':1,'media':'new','role':'chair','session':{'id':'$b2','csrc':'$bc2','secret':'*'},'...':"
	    "0}",
	    "B< {'type':'kick','id':2,'site':'$b2'}", "B> {'type':'error','id':2,'code':'bad-request','message':'*'}",
	    "B< {'type':'kick','id':3,'site':'nobody'}", "B> {'type':'error','id':3,'code':'not-found','message':'*'}");
	assert_string_not_equal(rig_bound(*state, "b"), rig_bound(*state, "b2"));
}

static void every_kick_bans_a_minute(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "A< {'type':'kick','id':2,'site':'$b'}", "A> {'type':'ok','id':2}",
		 "B> {'type':'kicked','reason':''}", "A> {'type':'site-left','site':'$b','reason':'kicked','total':1}",
		 "B x 4001", "+58s", "A> {'type':'site-changed','site':'$a','state':'lost'}", "B open",
		 "B< {'type':'join','id':1,'room':'r','name':'Binh'}",
		 "B> {'type':'error','id':1,'code':'banned','...':0}", "+2s",
		 "B< {'type':'join','id':2,'room':'r','name':'Binh'}", "B> {'type':'ok','id':2,'role':'guest','...':0}",
		 "A> {'type':'site-joined','...':0}");
}

static void locks_and_ends(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM, "A< {'type':'lock','id':2,'on':true}", "A> {'type':'ok','id':2}",
	    "A> {'type':'room-changed','locked':true}", "B> {'type':'room-changed','locked':true}", "C open",
	    "C< {'type':'join','id':1,'room':'r','name':'C'}",
	    "C> {'type':'error','id':1,'code':'room-locked','message':'*'}",
	    /* who has a seat comes back in */
	    "B gone", "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
	    "B> "
	    "{'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'media':'new','room':{'locked':true,"
	    "'...':0},'...':0}",
	    /* and so does a chair's token */
	    "C< {'type':'join','id':2,'room':'r','name':'C','token':'r.c.Chủ trì..'}",
	    "C> {'type':'ok','id':2,'role':'chair','session':{'id':'$c','...':0},'...':0}",
	    "A> {'type':'site-joined','site':{'id':'$c','name':'Chủ trì','role':'chair','...':0},'total':3}",
	    "B> {'type':'site-joined','...':0}", "A> {'type':'room-changed','chair':'$c'}",
	    "B> {'type':'room-changed','chair':'$c'}", "A< {'type':'admit','id':3,'site':'$b'}",
	    "A> {'type':'ok','id':3}", "A< {'type':'admit','id':4,'site':'nobody'}",
	    "A> {'type':'error','id':4,'code':'not-found','message':'*'}", "C< {'type':'end','id':5}",
	    "C> {'type':'ok','id':5}", "C> {'type':'ended'}", "A> {'type':'ended'}", "B> {'type':'ended'}", "A x 4003",
	    "B x 4003", "C x 4003", "R GET /api/v1/rooms", "R> 200 {'items':[]}", "A open",
	    "A< {'type':'join','id':1,'room':'r','name':'A','resume':'$as'}",
	    "A> {'type':'ok','id':1,'role':'chair','media':'new','room':{'locked':false,'count':1,'...':0},'...':0}");
}

static void the_chair_is_handed_on(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "A< {'type':'leave','id':2}", "A> {'type':'ok','id':2}",
		 "B> {'type':'site-left','site':'$a','reason':'left','total':1}",
		 "B> {'type':'site-changed','site':'$b','role':'chair'}", "B> {'type':'room-changed','chair':'$b'}",
		 "A x 1000", "W> {'cmd':'site-close','csrc':'$ac'}",
		 "W> {'cmd':'room','room':'$r','stage':0,'chair':'$bc'}");
}

/* ---- leaving and losing */

static void a_reload_is_told_to_nobody(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM, "B gone", "+4s", "A< {'type':'hand','id':3,'up':false}", "A> {'type':'ok','id':3}",
	    "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
	    "B> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'media':'new','...':0}", "+5s",
	    /* but what it shared is over */
	    "B< {'type':'publish','id':2,'audio':true,'screen':true}",
	    "A> {'type':'site-changed','site':'$b','audio':true,'screen':true}",
	    "B> {'type':'site-changed','site':'$b','audio':true,'screen':true}", "B> {'type':'ok','id':2}", "B gone",
	    "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
	    "A> {'type':'site-changed','site':'$b','screen':false}",
	    "B> {'type':'ok','id':1,'sites':['*',{'audio':true,'screen':false,'...':0}],'...':0}");
}

static void a_closed_tab_is_lost_after_5_s_and_expires(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "B gone", "+4900ms", "A pong", "+100ms",
		 "A> {'type':'site-changed','site':'$b','state':'lost'}",
		 "W> {'cmd':'site','csrc':'$bc','live':false,'...':0}", "A pong", "+10s", "B open",
		 "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
		 "A> {'type':'site-changed','site':'$b','state':'live'}",
		 "B> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'media':'new','...':0}",
		 "W> {'cmd':'site','csrc':'$bc','live':true,'...':0}", "B gone", "A pong", "+5s",
		 "A> {'type':'site-changed','site':'$b','state':'lost'}", "A pong", "+12s", "A pong", "+12s", "A pong",
		 "+12s", "A pong", "+12s", "A pong", "+12s", "A pong", "+12s", "A pong", "+12s", "A pong", "+12s",
		 "A pong", "+12s", "A pong", "+11s", "A pong", "+1s",
		 "A> {'type':'site-left','site':'$b','reason':'expired','total':1}",
		 "W> {'cmd':'site-close','csrc':'$bc'}", "B open",
		 "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}", /* goes on as a new join */
		 "B> {'type':'ok','id':1,'media':'new','role':'guest','...':0}", "A> {'type':'site-joined','...':0}");
}

static void a_power_cut_is_lost_after_15_s(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "+10s", "A pong", "+4900ms", "+100ms",
		 "A> {'type':'site-changed','site':'$b','state':'lost'}",
		 "B> {'type':'site-changed','site':'$b','state':'lost'}", "A pong", "B pong",
		 "A> {'type':'site-changed','site':'$b','state':'live'}",
		 "B> {'type':'site-changed','site':'$b','state':'live'}");
}

static char *quoted(const char *sdp)
{
	json_t *text = json_string(sdp);
	char *dumped = json_dumps(text, JSON_ENCODE_ANY);
	json_decref(text);
	return dumped;
}

static char *offer_line(char who, int id, const char *key, const char *sdp)
{
	char *text = quoted(sdp), *line = NULL;
	assert_true(asprintf(&line, "%c< {'type':'offer','id':%d,'%s':%s}", who, id, key, text) > 0);
	free(text);
	return line;
}

static void media_keeps_a_site(void **state)
{
	char *sdp = rig_offer(1, 1, 'A', "abcd"), *offer = offer_line('B', 2, "sdp", sdp);
	RIG_PLAY(*state, TWO_IN_A_ROOM, offer, "A> {'type':'site-changed','site':'$b','audio':true,'video':true}",
		 "B> {'type':'site-changed','site':'$b','audio':true,'video':true}",
		 "B> {'type':'ok','id':2,'sdp':'*'}", "B gone", "+4s",
		 "E< {'event':'site','csrc':'$bc','generation':1,'ago_ms':500}", "A pong", "+4s",
		 "E< {'event':'site','csrc':'$bc','generation':2,'ago_ms':0}", /* not this transport's */
		 "+400ms", "+100ms", "A> {'type':'site-changed','site':'$b','state':'lost'}",
		 /* an old report does not bring it back, a new one does: the page restarted ICE alone */
		 "A pong", "+5s", "E< {'event':'site','csrc':'$bc','generation':1,'ago_ms':9400}",
		 "E< {'event':'site','csrc':'$bc','generation':1,'ago_ms':100}",
		 "A> {'type':'site-changed','site':'$b','state':'live'}", "B open",
		 "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs','media':'keep'}",
		 "B> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'media':'kept','...':0}",
		 "W> {'cmd':'repeat','csrc':'$bc'}", "E< {'event':'transport','csrc':'$bc','generation':1,'state':3}",
		 "B gone", "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs','media':'keep'}",
		 "B> {'type':'ok','id':1,'media':'new','...':0}");
	free(sdp);
	free(offer);
}

static void another_window_takes_over(void **state)
{
	RIG_PLAY(*state, TWO_IN_A_ROOM, "C open", "C< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
		 "C> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'media':'new','...':0}",
		 "B x 4002", "A< {'type':'chat','id':3,'text':'x'}", "C> {'type':'chat','...':0}",
		 "A> {'type':'ok','id':3,'...':0}");
}

static void the_daemon_restarts(void **state)
{
	struct rig *rig = *state;
	RIG_PLAY(rig, TWO_IN_A_ROOM, "B< {'type':'hand','id':2,'up':true}", "A> {'type':'site-changed','...':0}",
		 "B> {'type':'site-changed','...':0}", "B> {'type':'ok','id':2}",
		 "A< {'type':'stage','id':2,'site':'$a'}", "A> {'type':'ok','id':2}",
		 "A> {'type':'room-changed','stage':'$a'}", "B> {'type':'room-changed','stage':'$a'}");
	rig_restart(rig);
	RIG_PLAY(
	    rig, "+1s", "A open", "A< {'type':'join','id':1,'room':'r','name':'An','resume':'$as','media':'keep'}",
	    "A> {'type':'ok','id':1,'session':{'id':'$a','csrc':'$ac','secret':'$as'},'role':'chair','media':'new',"
	    "'room':{'id':'r','name':'r','locked':false,'stage':'$a','chair':'$a','count':2},'sites':[{'id':'$a','...':"
	    "0},"
	    "{'id':'$b','csrc':'$bc','state':'live','hand':1,'...':0}],'...':0}",
	    "+3s", "B open", "B< {'type':'join','id':1,'room':'r','name':'Binh','resume':'$bs'}",
	    "B> {'type':'ok','id':1,'session':{'id':'$b','csrc':'$bc','secret':'$bs'},'...':0}", "A pong", "+12s");
	rig_restart(rig);
	RIG_PLAY(rig, "+1s", "A open", "A< {'type':'join','id':1,'room':'r','name':'An','resume':'$as'}",
		 "A> {'type':'ok','id':1,'...':0}", "+14s", "A> {'type':'site-changed','site':'$b','state':'lost'}",
		 "A pong");
	/* a lost seat's time goes on while the daemon is down */
	rig->unix_offset_ms += 130000;
	rig_restart(rig);
	RIG_PLAY(rig, "A open", "A< {'type':'join','id':1,'room':'r','name':'An','resume':'$as'}",
		 "A> {'type':'ok','id':1,'total':1,'...':0}");
}

/* ---- tokens, PINs, rooms */

static void tokens_and_pins(void **state)
{
	RIG_PLAY(
	    *state, "R POST /api/v1/rooms {'name':'Giao ban tháng 11','tokens':true}",
	    "R> 201 {'id':'giao-ban-thang-11','name':'Giao ban tháng "
	    "11','tokens':true,'pin':false,'seat_s':3600,'...':0}",
	    "A open", "A< {'type':'join','id':1,'room':'giao-ban-thang-11','name':'A'}",
	    "A> {'type':'error','id':1,'code':'bad-token','message':'*'}",
	    "A< {'type':'join','id':2,'room':'giao-ban-thang-11','name':'A','token':'broken'}",
	    "A> {'type':'error','id':2,'code':'bad-token','message':'*'}",
	    "A< {'type':'join','id':3,'room':'giao-ban-thang-11','name':'A','token':'other.g...'}",
	    "A> {'type':'error','id':3,'code':'bad-token','message':'*'}",
	    "A< {'type':'join','id':4,'room':'giao-ban-thang-11','name':'A','token':'.g...'}", /* all rooms: operators
												*/
	    "A> {'type':'error','id':4,'code':'bad-token','message':'*'}",
	    "A< {'type':'join','id':5,'room':'giao-ban-thang-11','name':'A','token':'giao-ban-thang-11.g.Sủng "
	    "Là.sung-la.Đồng Văn'}",
	    "A> "
	    "{'type':'ok','id':5,'role':'guest','session':{'id':'$a','...':0},'room':{'chair':null,'...':0},'sites':[{'"
	    "id':'$a',"
	    "'name':'Sủng Là','unit':'Đồng Văn','...':0}],'...':0}",
	    /* the site's own link, elsewhere: takes its seat */
	    "B open",
	    "B< {'type':'join','id':1,'room':'giao-ban-thang-11','name':'B','token':'giao-ban-thang-11.g.Sủng "
	    "Là.sung-la.Đồng Văn'}",
	    "B> {'type':'ok','id':1,'session':{'id':'$a','csrc':'*','secret':'$s'},'total':1,'...':0}", "A x 4002",
	    /* the secret stands for the token */
	    "B gone", "B open", "B< {'type':'join','id':1,'room':'giao-ban-thang-11','name':'B','resume':'$s'}",
	    "B> {'type':'ok','id':1,'session':{'id':'$a','...':0},'...':0}", "O open",
	    "O< {'type':'join','id':1,'room':'giao-ban-thang-11','name':'Kỹ thuật','token':'.o...'}",
	    "O> {'type':'ok','id':1,'role':'operator','room':{'chair':null,'...':0},'...':0}",
	    "B> {'type':'site-joined','...':0}", "O< {'type':'kick','id':2,'site':'$a','ban':5}",
	    "O> {'type':'ok','id':2}", "B> {'type':'kicked','...':0}", "O> {'type':'site-left','...':0}", "B x 4001",
	    "B open",
	    "B< {'type':'join','id':1,'room':'giao-ban-thang-11','name':'B','token':'giao-ban-thang-11.g.X.sung-la.'}",
	    "B> {'type':'error','id':1,'code':'banned','...':0}",
	    "B< {'type':'join','id':2,'room':'giao-ban-thang-11','name':'Sủng "
	    "Là','token':'giao-ban-thang-11.g..khac.'}",
	    "B> {'type':'ok','id':2,'...':0}", /* names ban only where there are no tokens */
	    "O> {'type':'site-joined','...':0}", "R POST /api/v1/rooms {'id':'pin','name':'Có mã','pin':'1234'}",
	    "R> 201 {'pin':true,'seat_s':120,'...':0}", "C open", "C< {'type':'join','id':1,'room':'pin','name':'C'}",
	    "C> {'type':'error','id':1,'code':'bad-token','message':'*'}",
	    "C< {'type':'join','id':2,'room':'pin','name':'C','pin':'1235'}",
	    "C> {'type':'error','id':2,'code':'bad-token','message':'*'}",
	    "C< {'type':'join','id':3,'room':'pin','name':'C','pin':'1234'}",
	    "C> {'type':'ok','id':3,'role':'chair','...':0}");
}

static void guesses_are_limited(void **state)
{
	struct rig *rig = *state;
	RIG_PLAY(rig, "R POST /api/v1/rooms {'id':'pin','pin':'1234'}", "R> 201", "A open");
	static const char wrong[] = "{\"type\":\"join\",\"id\":1,\"room\":\"pin\",\"name\":\"A\",\"pin\":\"0\"}";
	for (int i = 0; i < 20; i++)
		rig_text(rig, 'A', wrong, sizeof wrong - 1);
	assert_int_equal(rig_drain(rig, 'A'), 20);
	RIG_PLAY(rig, "A< {'type':'join','id':2,'room':'pin','name':'A','pin':'1234'}",
		 "A> {'type':'error','id':2,'code':'too-fast','message':'*'}", "+3s",
		 "A< {'type':'join','id':3,'room':'pin','name':'A','pin':'1234'}", "A> {'type':'ok','id':3,'...':0}");
}

static void rooms_may_be_closed_to_strangers(void **state)
{
	struct rig *rig = *state;
	rig->config.rooms_open = false;
	rig_restart(rig);
	RIG_PLAY(rig, "A open", "A< {'type':'join','id':1,'room':'r','name':'A'}",
		 "A> {'type':'error','id':1,'code':'not-found','message':'*'}", "R POST /api/v1/rooms {'id':'r'}",
		 "R> 201", "A< {'type':'join','id':2,'room':'r','name':'A'}",
		 "A> {'type':'ok','id':2,'role':'chair','...':0}");
}

static void a_seat_is_saved_before_it_is_told(void **state)
{
	struct rig *rig = *state;
	rig->store_broken = true;
	RIG_PLAY(rig, "A open", "A< {'type':'join','id':1,'room':'r','name':'A'}",
		 "A> {'type':'error','id':1,'code':'internal','message':'*'}");
	rig->store_broken = false;
	RIG_PLAY(rig, "R GET /api/v1/rooms", "R> 200 {'items':[]}", "A< {'type':'join','id':2,'room':'r','name':'A'}",
		 "A> {'type':'ok','id':2,'role':'chair','...':0}");
	assert_int_equal(rig->n_seats, 1);
	rig->store_broken = true;
	RIG_PLAY(rig, "B open", "B< {'type':'join','id':1,'room':'r','name':'B'}",
		 "B> {'type':'error','id':1,'code':'internal','message':'*'}", "R GET /api/v1/rooms/r",
		 "R> 200 {'count':1,'...':0}");
	rig->store_broken = false;
}

/* ---- offers */

static void offers(void **state)
{
	struct rig *rig = *state;
	char *first = rig_offer(3, 9, 'A', "abcd"), *restart = rig_offer(3, 9, 'A', "efgh"),
	     *other_lines = rig_offer(3, 8, 'A', "ijkl"), *reload = rig_offer(1, 1, 'B', "abcd");
	char *o1 = offer_line('B', 11, "sdp", first), *o2 = offer_line('B', 12, "sdp", restart),
	     *o3 = offer_line('B', 13, "sdp", other_lines), *o4 = offer_line('B', 14, "sdp", reload), *packed;
	assert_int_equal(sdpz_pack(bytes_of(reload, strlen(reload)), &packed), ERR_OK);
	char *o5 = offer_line('B', 15, "sdpz", packed);
	RIG_PLAY(rig, TWO_IN_A_ROOM, "B< {'type':'publish','id':10,'audio':false,'video':false}",
		 "B> {'type':'ok','id':10}", o1, "B> {'type':'ok','id':11,'sdp':'$answer'}",
		 "W> {'cmd':'transport','csrc':'$bc','generation':1,'ufrag':'$u','pwd':'$p','lines':14}", o1,
		 "B> {'type':'ok','id':11,'sdp':'$answer'}", /* byte for byte */
		 o2, "B> {'type':'ok','id':12,'sdp':'$answer'}", o3,
		 "B> {'type':'error','id':13,'code':'bad-request','message':'*'}", o4,
		 "B> {'type':'ok','id':14,'sdp':'$answer2'}",
		 "W> {'cmd':'transport','csrc':'$bc','generation':2,'ufrag':'$u','pwd':'$p','lines':4}", o5,
		 "B> {'type':'ok','id':15,'sdpz':'$packed'}",
		 /* closed: the same answer begins anew */
		 "E< {'event':'transport','csrc':'$bc','generation':1,'state':3}", o4,
		 "B> {'type':'ok','id':14,'sdp':'$answer2'}",
		 "E< {'event':'transport','csrc':'$bc','generation':2,'state':3}", o4,
		 "B> {'type':'ok','id':14,'sdp':'$answer2'}",
		 "W> {'cmd':'transport','csrc':'$bc','generation':3,'...':0}",
		 "B< {'type':'offer','id':16,'sdp':'hello'}",
		 "B> {'type':'error','id':16,'code':'bad-request','message':'*'}", "B< {'type':'offer','id':17}",
		 "B> {'type':'error','id':17,'code':'bad-request','message':'*'}",
		 "B< {'type':'offer','id':18,'sdp':'x','sdpz':'x'}",
		 "B> {'type':'error','id':18,'code':'bad-request','message':'*'}",
		 "B< {'type':'offer','id':19,'sdpz':'%%%'}",
		 "B> {'type':'error','id':19,'code':'bad-request','message':'*'}");
	char *unpacked;
	size_t n;
	assert_int_equal(sdpz_unpack(rig_bound(rig, "packed"), &unpacked, &n), ERR_OK);
	assert_string_equal(unpacked, rig_bound(rig, "answer2"));
	assert_string_not_equal(rig_bound(rig, "answer"), rig_bound(rig, "answer2"));
	char *all[] = { first, restart, other_lines, reload, packed, unpacked, o1, o2, o3, o4, o5 };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
}

static void join_and_offer_in_one_go(void **state)
{
	struct rig *rig = *state;
	char *sdp = rig_offer(10, 24, 'A', "abcd"), *text = quoted(sdp), *frame = NULL;
	static const char join[] =
	    "{\"type\":\"join\",\"id\":1,\"room\":\"r\",\"name\":\"A\",\"slots\":{\"audio\":10,\"video\":24}}";
	assert_true(asprintf(&frame, "{\"type\":\"offer\",\"id\":2,\"sdp\":%s}", text) > 0);
	rig_open(rig, 'A');
	rig_text(rig, 'A', join, sizeof join - 1);
	rig_text(rig, 'A', frame, strlen(frame));
	RIG_PLAY(rig, "A> {'type':'ok','id':1,'slots':{'audio':10,'video':24},'...':0}",
		 "A> {'type':'site-changed','audio':true,'video':true,'...':0}", "A> {'type':'ok','id':2,'sdp':'*'}",
		 "W> {'cmd':'transport','lines':36,'...':0}");
	free(sdp);
	free(text);
	free(frame);
}

/* ---- what the engine tells */

static void engine_events(void **state)
{
	RIG_PLAY(
	    *state, TWO_IN_A_ROOM,
	    "E< "
	    "{'event':'slots','csrc':'$bc','map':{'a0':['$ac','',0,false],'v0':['$ac','m',0,false],'v1':['$ac','l',1,"
	    "true],"
	    "'v2':[0,'',2,false],'v3':[12345,'l',0,false]}}",
	    "B> "
	    "{'type':'slots','map':{'a0':{'site':'$a','csrc':'$ac'},'v0':{'site':'$a','csrc':'$ac','kind':'camera','"
	    "layer':'m'},"
	    "'v1':{'site':'$a','csrc':'$ac','kind':'screen','layer':'l','reason':'codec'},'v2':null,'v3':null}}",
	    "E< "
	    "{'event':'encodings','csrc':'$ac','kind':0,'encodings':[['l',true,0,0],['m',false,0,0],['h',true,1200000,"
	    "15]]}",
	    "A> {'type':'encodings','kind':'camera','encodings':[{'rid':'l','active':true},{'rid':'m','active':false},"
	    "{'rid':'h','active':true,'maxBitrate':1200000,'maxFramerate':15}]}",
	    "E< {'event':'encodings','csrc':'$ac','kind':3,'encodings':[['',true,12000,0]]}",
	    "A> {'type':'encodings','kind':'audio-low','encodings':[{'active':true,'maxBitrate':12000}]}",
	    "E< {'event':'speaking','room':'$r','csrcs':['$bc',77,'$ac']}",
	    "A> {'type':'speaking','sites':['$b','$a']}", "B> {'type':'speaking','sites':['$b','$a']}",
	    /* who is not connected, and who is not there */
	    "B gone", "E< {'event':'slots','csrc':'$bc','map':{'a0':['$ac','',0,false]}}",
	    "E< {'event':'encodings','csrc':'$bc','kind':0,'encodings':[]}", "E< {'event':'slots','csrc':999,'map':{}}",
	    "E< {'event':'speaking','room':999,'csrcs':[]}",
	    "E< {'event':'transport','csrc':'$bc','generation':1,'state':1}",
	    "E< {'event':'site','csrc':'$bc','generation':1,'ago_ms':0}");
}

/* ---- limits and the end */

static void too_fast(void **state)
{
	struct rig *rig = *state;
	static const char hand[] = "{\"type\":\"hand\",\"id\":1,\"up\":false}";
	RIG_PLAY(rig, TWO_IN_A_ROOM);
	for (int i = 0; i < 118; i++) /* the join was one of 120 */
		rig_text(rig, 'B', hand, sizeof hand - 1);
	assert_int_equal(rig_drain(rig, 'B'), 118);
	RIG_PLAY(rig, "B< {'type':'hand','id':2,'up':false}", "B> {'type':'ok','id':2}",
		 "B< {'type':'hand','id':3,'up':false}", "B> {'type':'error','id':3,'code':'too-fast','message':'*'}",
		 "+50ms", "B< {'type':'hand','id':4,'up':false}", "B> {'type':'ok','id':4}");
	for (int i = 0; i < 999; i++)
		rig_text(rig, 'B', hand, sizeof hand - 1);
	assert_int_equal(rig_drain(rig, 'B'), 999);
	RIG_PLAY(rig, "B< {'type':'hand','id':3,'up':false}", "B x 4004", "A< {'type':'hand','id':3,'up':false}",
		 "A> {'type':'ok','id':3}");
	for (int i = 0; i < 10; i++)
		RIG_PLAY(rig, "A< {'type':'chat','id':5,'text':'x'}", "A> {'type':'ok','id':5,'...':0}");
	RIG_PLAY(rig, "A< {'type':'chat','id':6,'text':'x'}",
		 "A> {'type':'error','id':6,'code':'too-fast','message':'*'}");
}

static void who_does_not_read_is_closed(void **state)
{
	struct rig *rig = *state;
	RIG_PLAY(rig, TWO_IN_A_ROOM);
	rig->too_slow['B' - 'A'] = true;
	RIG_PLAY(rig, "A< {'type':'lock','id':2,'on':true}", "A> {'type':'ok','id':2}",
		 "A> {'type':'room-changed','locked':true}", "B x 4004", "A pong", "+5s",
		 "A> {'type':'site-changed','site':'$b','state':'lost'}");
}

static void drains(void **state)
{
	struct rig *rig = *state;
	RIG_PLAY(rig, TWO_IN_A_ROOM, "R GET /readyz", "R> 200", "R POST /api/v1/drain {'seconds':5}",
		 "A> {'type':'draining','seconds':5}", "B> {'type':'draining','seconds':5}", "R> 202 {'seconds':5}",
		 "R GET /readyz", "R> 503", "R GET /healthz", "R> 200", "C open",
		 "C< {'type':'join','id':1,'room':'r','name':'C'}",
		 "C> {'type':'error','id':1,'code':'draining','message':'*'}", "+4900ms", "+100ms", "A x 1012",
		 "B x 1012", "C x 1012", "D open");
	assert_null(rig->sessions['D' - 'A']);
	assert_true(signal_drained(rig->signal));
	assert_int_equal(rig->n_seats, 2); /* for the next start */
}

#define CONVERSATION(name) cmocka_unit_test_setup_teardown(name, with_rig, without_rig)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONVERSATION(joins),
		CONVERSATION(slots_are_shared_out),
		CONVERSATION(slots_of_any_worker_are_found),
		CONVERSATION(places_of_the_daemon_are_counted),
		CONVERSATION(spreads_sites_over_workers),
		CONVERSATION(refuses_what_is_no_request),
		CONVERSATION(closes_what_breaks_the_protocol),
		CONVERSATION(guests_do_not_command),
		CONVERSATION(publishes_and_raises_hands),
		CONVERSATION(views),
		CONVERSATION(chats),
		CONVERSATION(stage_and_mute),
		CONVERSATION(kicks_and_bans),
		CONVERSATION(every_kick_bans_a_minute),
		CONVERSATION(locks_and_ends),
		CONVERSATION(the_chair_is_handed_on),
		CONVERSATION(a_reload_is_told_to_nobody),
		CONVERSATION(a_closed_tab_is_lost_after_5_s_and_expires),
		CONVERSATION(a_power_cut_is_lost_after_15_s),
		CONVERSATION(media_keeps_a_site),
		CONVERSATION(another_window_takes_over),
		CONVERSATION(the_daemon_restarts),
		CONVERSATION(tokens_and_pins),
		CONVERSATION(guesses_are_limited),
		CONVERSATION(rooms_may_be_closed_to_strangers),
		CONVERSATION(a_seat_is_saved_before_it_is_told),
		CONVERSATION(offers),
		CONVERSATION(join_and_offer_in_one_go),
		CONVERSATION(engine_events),
		CONVERSATION(too_fast),
		CONVERSATION(who_does_not_read_is_closed),
		CONVERSATION(drains),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
// NOLINTEND(bugprone-suspicious-missing-comma)
