//! A node that lies: a JSON-RPC proxy in front of an honest one that alters what a test wants altered.

use std::sync::Arc;

use patientport_client::{Chain, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Alters the answer to a request: method, parameters, answer.
pub(crate) type Lie = dyn Fn(&str, &Value, &mut Value) + Send + Sync;

/// Connects to an honest chain through a proxy that lies.
pub(crate) async fn lying(
    honest: &Chain,
    lie: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static,
) -> Chain {
    let url = liar(honest, lie).await;
    Chain::connect(&url, Options::default()).await.unwrap()
}

/// The URL of a proxy in front of an honest chain that lies.
pub(crate) async fn liar(
    honest: &Chain,
    lie: impl Fn(&str, &Value, &mut Value) + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (honest, lie): (_, Arc<Lie>) = (honest.clone(), Arc::new(lie));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, honest.clone(), Arc::clone(&lie)));
        }
    });
    url
}

async fn serve(stream: TcpStream, honest: Chain, lie: Arc<Lie>) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(request) = next(&mut reader).await {
        let method: &'static str = request["method"].as_str().unwrap().to_owned().leak();
        let params = &request["params"];
        let id = &request["id"];
        let body = match honest.request::<_, Value>(method, params.clone()).await {
            Ok(mut answer) => {
                lie(method, params, &mut answer);
                json!({ "jsonrpc": "2.0", "id": id, "result": answer }).to_string()
            }
            Err(error) => {
                let error = json!({ "code": -32000, "message": error.to_string() });
                json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
            }
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        if writer.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn next(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}
