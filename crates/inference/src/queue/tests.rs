use super::*;
use api_types::ModelRef;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

type Heard = UnboundedReceiver<Result<ChatEvent, ModelError>>;

fn job(name: &str) -> (Job, Heard) {
    let (events, heard) = unbounded_channel();
    let request = ChatRequest {
        model: ModelRef::new("local", name).unwrap(),
        system_prompt: String::new(),
        turns: Vec::new(),
        prefix: None,
        temperature: None,
        max_tokens: 1,
    };
    (Job { request, events }, heard)
}

fn join(queue: &Arc<Queue>, name: &str) -> (Place, Heard) {
    let (job, heard) = job(name);
    (queue.join(job).unwrap(), heard)
}

fn ahead(heard: &mut Heard) -> Vec<u32> {
    let mut all = Vec::new();
    while let Ok(event) = heard.try_recv() {
        match event {
            Ok(ChatEvent::Waiting { ahead }) => all.push(ahead),
            other => panic!("{other:?}"),
        }
    }
    all
}

fn taken(queue: &Queue) -> String {
    match queue.next(Some(Duration::ZERO)) {
        Turn::Job(job) => job.request.model.name().to_owned(),
        Turn::Idle => "idle".to_owned(),
        Turn::Closed => "closed".to_owned(),
    }
}

#[test]
fn first_come_first_served_and_everybody_knows_their_place() {
    let queue = Arc::<Queue>::default();
    let (_a, mut a) = join(&queue, "a");
    let (_b, mut b) = join(&queue, "b");
    let (_c, mut c) = join(&queue, "c");
    assert_eq!((ahead(&mut a), ahead(&mut b), ahead(&mut c)), (vec![], vec![1], vec![2]));
    assert_eq!(taken(&queue), "a");
    assert_eq!((ahead(&mut b), ahead(&mut c)), (vec![], vec![]), "a is still before them");
    queue.done();
    assert_eq!(taken(&queue), "b");
    assert_eq!(ahead(&mut c), [1]);
    let (_d, mut d) = join(&queue, "d");
    assert_eq!(ahead(&mut d), [2]);
    queue.done();
    assert_eq!([taken(&queue), taken(&queue), taken(&queue)], ["c", "d", "idle"]);
}

#[test]
fn who_leaves_makes_room_for_the_others() {
    let queue = Arc::<Queue>::default();
    let (_a, _heard) = join(&queue, "a");
    let (b, _heard) = join(&queue, "b");
    let (_c, mut c) = join(&queue, "c");
    assert_eq!(ahead(&mut c), [2]);
    drop(b);
    assert_eq!(ahead(&mut c), [1]);
    assert_eq!([taken(&queue), taken(&queue)], ["a", "c"]);
}

#[test]
fn a_full_line_says_so_and_has_room_again_later() {
    let queue = Arc::<Queue>::default();
    let mut places: Vec<_> = (0..WAITING_MAX).map(|_| join(&queue, "x")).collect();
    assert_eq!(queue.join(job("late").0).err(), Some(NoPlace::Full));
    places.pop();
    assert!(queue.join(job("late").0).is_ok());
}

#[test]
fn closing_sends_everybody_home() {
    let queue = Arc::<Queue>::default();
    let (_a, mut a) = join(&queue, "a");
    let waiter = std::thread::spawn({
        let queue = Arc::<Queue>::default();
        move || {
            let other = Arc::clone(&queue);
            let closer = std::thread::spawn(move || other.close());
            let closed = matches!(queue.next(None), Turn::Closed);
            closer.join().unwrap();
            closed
        }
    });
    queue.close();
    assert!(a.try_recv().is_err_and(|error| error == tokio::sync::mpsc::error::TryRecvError::Disconnected));
    assert_eq!(queue.join(job("b").0).err(), Some(NoPlace::Closed));
    assert!(queue.is_closed() && waiter.join().unwrap());
}
