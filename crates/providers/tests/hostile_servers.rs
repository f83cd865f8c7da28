//! Servers that are slow, broken or mean: the studio stays whole, lean and in control.

mod support;

use futures::StreamExt;
use providers::{ANSWER_BYTES_MAX, Dialect, Timeouts};
use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};
use studio::ports::{ChatEvent, ChatRequest, FinishReason, ModelError, ModelSource};
use support::{
    END, asked, delta, heard, question, quick,
    raw::{Raw, head, reported},
    remote,
};

const SSE: &str = "text/event-stream";

fn acme() -> String {
    "Acme".into()
}

/// Waits until the other side closes.
fn until_closed(socket: &mut TcpStream) {
    let mut piece = [0; 1024];
    while socket.read(&mut piece).is_ok_and(|count| count > 0) {}
}

#[tokio::test]
async fn an_answer_that_breaks_keeps_its_text_and_is_not_asked_again() {
    let torn = "data: {\"choices\":[{\"delta\":{\"con".to_owned();
    for pieces in [vec![delta("half")], vec![delta("half"), torn]] {
        let server = Raw::saying(SSE, pieces.into_iter().map(String::into_bytes).collect());
        let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
        assert_eq!((text.as_str(), end), ("half", Err(ModelError::BrokeOff { source_name: acme() })));
        assert_eq!(server.accepted(), 1);
    }
}

#[tokio::test]
async fn a_body_shorter_than_promised_broke_off() {
    let server = Raw::start(|mut socket, _| {
        _ = socket
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n");
        _ = socket.write_all(delta("half").as_bytes());
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!((text.as_str(), end), ("half", Err(ModelError::BrokeOff { source_name: acme() })));
}

#[tokio::test]
async fn an_error_before_the_first_word_is_tried_again_and_after_it_is_not() {
    const OVERLOADED: &str = "data: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
    let server = Raw::start(|mut socket, number| {
        _ = head(&mut socket, SSE);
        let body = if number == 0 { OVERLOADED.to_owned() } else { delta("so far") + OVERLOADED };
        _ = socket.write_all(body.as_bytes());
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!((text.as_str(), end), ("so far", Err(ModelError::BrokeOff { source_name: acme() })));
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn what_does_not_speak_http_is_nonsense() {
    let server = Raw::start(|mut socket, _| _ = socket.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"));
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!(end, Err(ModelError::Nonsense { source_name: acme() }));
}

#[tokio::test]
async fn silence_ends_by_its_stage() {
    let silent = Raw::start(|mut socket, _| until_closed(&mut socket));
    let (_, end) = asked(&remote(Dialect::OpenAi, &silent.url)).await;
    assert_eq!(end, Err(ModelError::TimedOut { source_name: acme(), stage: "first word" }));

    let headers_only = Raw::start(|mut socket, _| {
        _ = head(&mut socket, SSE);
        until_closed(&mut socket);
    });
    let (_, end) = asked(&remote(Dialect::OpenAi, &headers_only.url)).await;
    assert_eq!(end, Err(ModelError::TimedOut { source_name: acme(), stage: "first word" }));

    let pausing = Raw::start(|mut socket, _| {
        _ = head(&mut socket, SSE);
        _ = socket.write_all(delta("one").as_bytes());
        until_closed(&mut socket);
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &pausing.url)).await;
    assert_eq!(
        (text.as_str(), end),
        ("one", Err(ModelError::TimedOut { source_name: acme(), stage: "next word" }))
    );
}

#[tokio::test]
async fn keep_alives_are_no_sign_of_life_however_many_come() {
    for piece in [": keep-alive\n\n".to_owned(), ": keep-alive\n\n".repeat(4_000)] {
        let server = Raw::start(move |mut socket, _| {
            _ = head(&mut socket, SSE);
            while socket.write_all(piece.as_bytes()).is_ok() {
                if piece.len() < 100 {
                    thread::sleep(Duration::from_millis(20));
                }
            }
        });
        let begun = Instant::now();
        let (_, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
        // The flood may reach the limit of the wire before the time is over.
        let expected = [
            ModelError::TimedOut { source_name: acme(), stage: "first word" },
            ModelError::Nonsense { source_name: acme() },
        ];
        assert!(expected.contains(&end.unwrap_err()));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn thinking_is_a_sign_of_life() {
    let server = Raw::start(|mut socket, _| {
        _ = head(&mut socket, SSE);
        for _ in 0..10 {
            _ = socket.write_all(b"data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}\n\n");
            thread::sleep(Duration::from_millis(200));
        }
        _ = socket.write_all((delta("So.") + END).as_bytes());
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert!(text == "So." && end.is_ok(), "{end:?}");
}

#[tokio::test]
async fn an_endless_line_is_given_up_before_it_costs_memory() {
    for (start, dialect) in [("data: ", Dialect::OpenAi), ("", Dialect::Ollama)] {
        let (taken, count) = mpsc::channel();
        let server = Raw::start(move |mut socket, _| {
            _ = head(&mut socket, SSE);
            _ = socket.write_all(start.as_bytes());
            let piece = [b'x'; 65_536];
            let mut bytes = 0;
            while socket.write_all(&piece).is_ok() {
                bytes += piece.len();
            }
            _ = taken.send(bytes);
        });
        let (_, end) = asked(&remote(dialect, &server.url)).await;
        assert_eq!(end, Err(ModelError::Nonsense { source_name: acme() }));
        let bytes = reported(count).await;
        println!("{dialect}: the server got rid of {bytes} bytes");
        // Ours is 1 MB; the rest is what fits into the sockets.
        assert!(bytes < 16 * 1024 * 1024, "{bytes}");
    }
}

#[tokio::test]
async fn an_endless_error_is_read_no_further_than_needed() {
    let server = Raw::start(|mut socket, _| {
        _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\r\nno ");
        while socket.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    let Err(ModelError::Refused { detail, .. }) = end else { panic!("{end:?}") };
    assert_eq!(detail.chars().count(), 300);
}

#[tokio::test]
async fn an_answer_longer_than_asked_is_cut_and_its_connection_closed() {
    let (closed, seen) = mpsc::channel();
    let server = Raw::start(move |mut socket, _| {
        _ = head(&mut socket, SSE);
        while socket.write_all(delta("word ").as_bytes()).is_ok() {}
        _ = closed.send(());
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!(end.unwrap().0, FinishReason::Length);
    assert!(text.len() < 16 * 1024, "{}", text.len());
    reported(seen).await;
}

#[tokio::test]
async fn a_huge_delta_is_cut_and_a_huge_answer_is_an_error() {
    let server = Raw::saying(SSE, vec![delta(&"é".repeat(200_000)).into_bytes(), END.into()]);
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!(end.unwrap().0, FinishReason::Length);
    assert!(text.len() < 16 * 1024 && text.chars().all(|c| c == 'é'));

    let piece = delta(&"x".repeat(500_000)).into_bytes();
    let server = Raw::saying(SSE, vec![piece; 10]);
    let request = ChatRequest { max_tokens: u32::MAX, ..question("m", "hello") };
    let (text, end) = heard(remote(Dialect::OpenAi, &server.url).chat(request)).await;
    assert_eq!(end, Err(ModelError::Nonsense { source_name: acme() }));
    assert!(text.len() <= ANSWER_BYTES_MAX);
}

#[tokio::test]
async fn bytes_that_are_not_text_are_marked_and_the_answer_goes_on() {
    let broken = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xff\xc3b\"}}]}\n\n".to_vec();
    let server = Raw::saying(SSE, vec![broken, END.into()]);
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert!(end.is_ok());
    assert_eq!(text, "a\u{fffd}\u{fffd}b");
}

#[tokio::test]
async fn letters_split_between_packets_arrive_whole() {
    let bytes = (delta("grün 🌱") + END).into_bytes();
    let server = Raw::start(move |mut socket, _| {
        _ = socket.set_nodelay(true);
        _ = head(&mut socket, SSE);
        for byte in &bytes {
            _ = socket.write_all(&[*byte]);
        }
    });
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert!(text == "grün 🌱" && end.is_ok(), "{text} {end:?}");
}

#[tokio::test]
async fn a_server_that_forgets_to_close_does_not_hold_back_the_end() {
    let server = Raw::start(|mut socket, _| {
        _ = head(&mut socket, SSE);
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        _ = socket.write_all((delta("all") + end).as_bytes());
        until_closed(&mut socket);
    });
    let begun = Instant::now();
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert!(text == "all" && end.is_ok(), "{end:?}");
    assert!(begun.elapsed() < quick().idle, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn dropping_an_answer_closes_the_connection() {
    for speaks in [true, false] {
        let (closed, seen) = mpsc::channel();
        let server = Raw::start(move |mut socket, _| {
            if speaks {
                _ = head(&mut socket, SSE);
                _ = socket.write_all(delta("one").as_bytes());
            }
            until_closed(&mut socket);
            _ = closed.send(Instant::now());
        });
        let remote = remote(Dialect::OpenAi, &server.url).with_timeouts(Timeouts::default());
        let mut answer = remote.chat(question("m", "hello"));
        if speaks {
            assert_eq!(answer.next().await, Some(Ok(ChatEvent::Delta("one".into()))));
        } else {
            // Not even the head of the answer is there.
            let nothing = tokio::time::timeout(Duration::from_millis(300), answer.next()).await;
            assert!(nothing.is_err());
        }
        let dropped = Instant::now();
        drop(answer);
        let at: Instant = reported(seen).await;
        println!("closed {:?} after the drop (speaks: {speaks})", at.saturating_duration_since(dropped));
        assert!(at.saturating_duration_since(dropped) < Duration::from_secs(1));
    }
}
